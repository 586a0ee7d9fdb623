//! The links and headings of a Markdown page.

use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

pub struct Page {
    pub text: String,
    /// Targets as they are written.
    pub links: Vec<String>,
    /// The anchors that a link can name behind `#`.
    pub anchors: Vec<String>,
    /// Code in sentences and in blocks.
    pub code: Vec<String>,
}

impl Page {
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let (mut links, mut anchors, mut code) = (Vec::new(), Vec::<String>::new(), Vec::new());
        let (mut heading, mut in_block) = (None::<String>, false);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Start(Tag::CodeBlock(_)) => in_block = true,
                Event::End(TagEnd::CodeBlock) => in_block = false,
                Event::Text(part) if in_block => code.push(part.into_string()),
                Event::Text(part) => heading = heading.map(|heading| heading + &part),
                Event::Code(part) => {
                    heading = heading.map(|heading| heading + &part);
                    code.push(part.into_string());
                }
                Event::End(TagEnd::Heading(_)) => {
                    anchors.push(anchor(&heading.take().unwrap_or_default(), &anchors));
                }
                _ => {}
            }
        }
        Self { text, links, anchors, code }
    }
}

/// The name that GitHub gives a heading: a second one of the same name gets a number.
fn anchor(heading: &str, before: &[String]) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .collect::<String>();
    let name = kept.replace(' ', "-");
    let free = |name: &String| !before.contains(name);
    let numbered = (1..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.clone()).chain(numbered).find(free).unwrap()
}

/// The file and the anchor that a link leads to, if it leads to a file of the repository.
pub fn local(link: &str) -> Option<(&str, Option<&str>)> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    Some(link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor))))
}

#[test]
fn headings_have_the_anchors_that_github_gives_them() {
    let before = ["see-it".to_owned()];
    assert_eq!(anchor("A bad hour, on purpose", &[]), "a-bad-hour-on-purpose");
    assert_eq!(anchor("What `make test` runs, and when", &[]), "what-make-test-runs-and-when");
    assert_eq!(anchor("See it", &before), "see-it-1");
}
