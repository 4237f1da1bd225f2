//! Domains under which anybody gets a mailbox: claiming one would make a tenant of strangers.

use std::sync::LazyLock;

use domain::DomainName;
use regex::Regex;

/// One a line; a line that begins with `*.` stands for every domain below, one between slashes is a regular expression.
const LIST: &str = include_str!("mailbox_providers.txt");

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    lines()
        .filter_map(|line| line.strip_prefix('/')?.strip_suffix('/'))
        .filter_map(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok())
        .collect()
});

fn lines() -> impl Iterator<Item = &'static str> {
    LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether anybody gets a mailbox under this domain.
pub(crate) fn is_public_mailbox(domain: &DomainName) -> bool {
    let name: &str = domain.as_ref();
    let below = |line: &str| line.strip_prefix('*').is_some_and(|suffix| name.ends_with(suffix));
    lines().any(|line| line == name || below(line)) || PATTERNS.iter().any(|pattern| pattern.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d12_knows_public_mailbox_providers() {
        for name in [
            "gmail.com",
            "googlemail.com",
            "outlook.com",
            "hotmail.co.uk",
            "yahoo.co.jp",
            "yahoo.com.br",
            "gmx.net",
            "icloud.com",
            "qq.com",
            "proton.me",
            "mail.ru",
            "contoso.onmicrosoft.com",
            "mailinator.com",
        ] {
            assert!(is_public_mailbox(&name.parse().unwrap()), "{name}");
        }
        for name in
            ["acme.example", "mygmail.com", "gmail.com.acme.example", "yahoo.acme.example", "onmicrosoft.example"]
        {
            assert!(!is_public_mailbox(&name.parse().unwrap()), "{name}");
        }
    }

    #[test]
    fn every_line_is_a_domain_or_a_pattern() {
        let mut count = 0;
        for line in lines() {
            count += 1;
            if let Some(pattern) = line.strip_prefix('/') {
                let pattern = pattern.strip_suffix('/').expect(line);
                assert!(Regex::new(pattern).is_ok(), "{line}");
            } else {
                let name = line.strip_prefix("*.").unwrap_or(line);
                assert!(name.parse::<DomainName>().is_ok(), "{line}");
            }
        }
        assert!(count >= 150, "{count}");
    }
}
