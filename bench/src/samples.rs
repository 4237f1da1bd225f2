//! A distribution, and how it is shown.

/// Measured values.
#[derive(Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value that this share of the samples (0 to 100) does not exceed.
    pub(crate) fn percentile(&mut self, share: usize) -> f64 {
        self.0.sort_by(f64::total_cmp);
        let at = (self.0.len() * share / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }
}
