//! A distribution, and how it is shown.

/// Measured values.
#[derive(Debug, Default)]
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

    /// The mean, of what was measured at all.
    pub(crate) fn mean(&self) -> Option<f64> {
        let count = u32::try_from(self.0.len()).ok().filter(|count| *count > 0)?;
        Some(self.0.iter().sum::<f64>() / f64::from(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_sample() {
        let mut samples = Samples::default();
        assert!(samples.percentile(50).is_nan() && samples.mean().is_none());
        for value in (1..=200).rev() {
            samples.push(f64::from(value));
        }
        for (share, expected) in [(0, 1.0), (1, 3.0), (50, 101.0), (99, 199.0), (100, 200.0)] {
            assert!((samples.percentile(share) - expected).abs() < f64::EPSILON, "{share}");
        }
        assert!(samples.mean().is_some_and(|mean| (mean - 100.5).abs() < f64::EPSILON));
    }
}
