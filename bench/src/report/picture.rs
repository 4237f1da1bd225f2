//! The picture for the README: bars, as SVG, that can be read on a light and on a dark page.

use std::fmt::Write as _;

use super::{Report, Row, float};
use crate::subject::TOKEN;

const WIDTH: f64 = 840.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 250.0;
const LONGEST: f64 = 500.0;
const BAR: f64 = 18.0;
const STEP: f64 = 24.0;
const HEAD: f64 = 30.0;

struct Chart {
    title: &'static str,
    unit: &'static str,
    places: usize,
    figure: fn(&Row) -> Option<f64>,
}

const CHARTS: [Chart; 4] = [
    Chart { title: "Cold: init + first token", unit: "ms", places: 1, figure: |row| Some(row.init_and_first_ms) },
    Chart { title: "Warm: a token, median", unit: "ms", places: 2, figure: |row| Some(row.warm_p50_ms) },
    Chart { title: "CPU time for a warm token", unit: "ms", places: 3, figure: |row| row.warm_cpu_ms },
    Chart {
        title: "Peak memory",
        unit: "MB",
        places: 1,
        figure: |row| row.peak_kb.map(|kb| float(kb) * 1_024.0 / 1e6),
    },
];

/// The token's function beside its peers.
pub(crate) fn picture(report: &Report) -> String {
    let rows: Vec<_> = report.rows.iter().filter(|row| !row.ours || row.name == TOKEN).collect();
    let mut body = String::new();
    let mut top = 8.0;
    for chart in &CHARTS {
        top = draw(&mut body, chart, &rows, top) + 14.0;
    }
    let under = &report.under;
    let _infallible = writeln!(
        body,
        r#"<text class="note" x="8" y="{:.0}">{}, {} ms an AWS call, {} MB{}. Shorter is better.</text>"#,
        top + 6.0,
        escaped(&under.scheme.to_uppercase()),
        under.delay_ms,
        under.memory_mb,
        if under.share { " with its share of a vCPU" } else { "" },
    );
    let height = top + 18.0;
    format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img">"#,
            "\n<title>Pre token generation beside what people use instead</title>\n<style>\n",
            "text {{ font: 13px system-ui, sans-serif; fill: #24292f; }}\n",
            ".head {{ font-weight: 600; }}\n.note {{ font-size: 11px; fill: #57606a; }}\n",
            ".ours {{ fill: #1a7f37; }}\n.theirs {{ fill: #8c959f; }}\n",
            "@media (prefers-color-scheme: dark) {{\n",
            "text {{ fill: #e6edf3; }}\n.note {{ fill: #9198a1; }}\n.ours {{ fill: #3fb950; }}\n.theirs {{ fill: #6e7681; }}\n}}\n",
            "</style>\n{body}</svg>\n"
        ),
        width = WIDTH,
        height = height,
        body = body,
    )
}

/// Draws one chart from `top` on; gives its end.
fn draw(body: &mut String, chart: &Chart, rows: &[&Row], top: f64) -> f64 {
    let bars: Vec<_> = rows.iter().filter_map(|row| (chart.figure)(row).map(|value| (*row, value))).collect();
    let longest = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let _infallible =
        writeln!(body, r#"<text class="head" x="8" y="{:.0}">{}</text>"#, top + 14.0, escaped(chart.title));
    let mut y = top + HEAD;
    for (row, value) in bars {
        let class = if row.ours { "ours" } else { "theirs" };
        let title = if row.ours { "Tenantry" } else { &row.title };
        // A bar that cannot be seen says that nothing was measured.
        let width = (value / longest * LONGEST).max(1.5);
        let text = y + BAR - 5.0;
        let (places, unit) = (chart.places, chart.unit);
        let _infallible = writeln!(
            body,
            concat!(
                r#"<text x="{name:.0}" y="{text:.0}" text-anchor="end">{title}</text>"#,
                r#"<rect class="{class}" x="{left:.0}" y="{y:.0}" width="{width:.1}" height="{bar:.0}" rx="2"/>"#,
                r#"<text x="{value_at:.0}" y="{text:.0}">{value:.places$} {unit}</text>"#
            ),
            name = LEFT - 8.0,
            text = text,
            title = escaped(title),
            class = class,
            left = LEFT,
            y = y,
            width = width,
            bar = BAR,
            value_at = LEFT + width + 6.0,
            value = value,
            places = places,
            unit = unit,
        );
        y += STEP;
    }
    y
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report, row};
    use super::*;

    /// Every element that begins ends, in order, and no text holds a bare sign.
    fn is_well_formed(text: &str) -> bool {
        let mut open = Vec::new();
        for part in text.split('<').skip(1) {
            let Some((tag, after)) = part.split_once('>') else { return false };
            let bare = after
                .split('&')
                .skip(1)
                .any(|entity| !["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)));
            if bare || after.contains('>') || tag.matches('"').count() % 2 == 1 {
                return false;
            }
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return false;
                }
            } else if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap_or(tag));
            }
        }
        open.is_empty()
    }

    #[test]
    fn what_is_not_well_formed_is_seen() {
        assert!(is_well_formed(r#"<a b="1"><c/><d>x &amp; y</d></a>"#));
        for text in ["<a><b></a></b>", "<a>", "<a>x & y</a>", "<a>x > y</a>", r#"<a b="1></a>"#] {
            assert!(!is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn a_picture_is_well_formed_and_has_a_bar_for_everybody_in_every_chart() {
        let rows = vec![
            row(TOKEN, true, 2.0),
            row("pre-sign-up", true, 2.0),
            row("node", false, 80.0),
            row("floor", false, 0.0),
        ];
        let svg = picture(&report(rows));
        assert!(is_well_formed(&svg), "{svg}");
        assert_eq!(svg.matches("<rect").count(), CHARTS.len() * 3, "ours beside two peers");
        assert!(svg.contains("node &amp; &lt;co&gt;") && svg.contains("Tenantry"), "{svg}");
    }

    #[test]
    fn the_longest_bar_is_the_largest_figures() {
        let svg = picture(&report(vec![row(TOKEN, true, 2.0), row("node", false, 80.0)]));
        assert!(svg.contains(r#"width="500.0""#) && svg.contains(r#"width="12.5""#), "{svg}");
    }
}
