// Stands for what was there before: it takes an event and gives it back, changed or not, or throws.
export async function own(event) {
  if (event.triggerSource.startsWith("TokenGeneration") && event.version !== "1") {
    event.response.claimsAndScopeOverrideDetails = {
      idTokenGeneration: { claimsToAddOrOverride: { theme: "dark" } },
    };
  }
  return event;
}
