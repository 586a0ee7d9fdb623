//! The emulator under test, by its profile in `emulators.json`. No test depends on its name.

use std::{collections::HashMap, process::Command, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

use crate::World;

/// The ways in which an emulator behaves, as its profile in `emulators.json` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Profile {
    functions: Functions,
    mails: Page,
    messages: Page,
    pub(crate) athena: bool,
    patience: u32,
}

/// The way in which functions run.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Functions {
    /// As processes beside the emulator: on this machine, or in its container.
    Processes,
    /// Each in a container of its own.
    Containers,
}

/// A page that shows messages of the emulator, and pointers to their fields, at any depth.
#[derive(Debug, Deserialize)]
struct Page {
    path: String,
    about: String,
    text: String,
}

/// The profile of the emulator under test.
pub(crate) static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    let name = std::env::var("EMULATOR").expect("EMULATOR names a profile: run `make test-e2e`");
    let mut file: HashMap<String, Value> =
        serde_json::from_str(include_str!("../emulators.json")).expect("emulators.json is JSON");
    let profile = file.get_mut("profiles").map(|profiles| profiles[&name].take()).unwrap_or_default();
    serde_json::from_value(profile)
        .unwrap_or_else(|error| panic!("emulators.json has no such {name}: {error}"))
});

/// The factor by which this emulator may take longer than the embedded one; `PATIENCE` overrides it.
pub(crate) fn patience() -> u32 {
    std::env::var("PATIENCE")
        .map_or(PROFILE.patience, |patience| patience.parse().expect("PATIENCE is a number"))
}

/// This many, or only the share `CROWD` for an emulator that can't take as many.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small number")]
pub fn crowd(of: u32) -> usize {
    let share: f64 = std::env::var("CROWD").map_or(1.0, |share| share.parse().expect("CROWD is a number"));
    (f64::from(of) * share).ceil() as usize
}

impl World {
    /// The texts of the e-mails that SES took for an address.
    pub async fn mailbox(&self, email: &str) -> Vec<String> {
        self.shown(&PROFILE.mails, &[], email).await
    }

    /// The bodies of all messages of a queue, without receiving them.
    pub(crate) async fn peek(&self, queue_url: &str) -> Vec<String> {
        // Messages in flight too, if the emulator offers a choice.
        let parameters = [("QueueUrl", queue_url), ("ShowInvisible", "true")];
        self.shown(&PROFILE.messages, &parameters, queue_url.rsplit('/').next().unwrap()).await
    }

    async fn shown(&self, page: &Page, parameters: &[(&str, &str)], about: &str) -> Vec<String> {
        let url = format!("{}{}", self.aws().endpoint_url().unwrap().trim_end_matches('/'), page.path);
        let url = reqwest::Url::parse_with_params(&url, parameters).unwrap();
        let request = reqwest::Client::new().get(url).header("accept", "application/json");
        let answer = request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
        let mut found = Vec::new();
        page.read(&serde_json::from_str(&answer).unwrap(), about, &mut found);
        found
    }
}

impl Page {
    fn read(&self, value: &Value, about: &str, found: &mut Vec<String>) {
        let is_ours = self.about.is_empty() || value.pointer(&self.about).is_some_and(|of| of == about);
        match value.pointer(&self.text) {
            Some(Value::String(text)) if is_ours => found.push(text.clone()),
            _ => match value {
                Value::Array(values) => values.iter().for_each(|value| self.read(value, about, found)),
                Value::Object(fields) => fields.values().for_each(|value| self.read(value, about, found)),
                _ => {}
            },
        }
    }
}

impl World {
    /// Kills the processes or containers of these functions, at any point of their work; returns the number of those killed.
    pub fn kills(&self, functions: &[&str]) -> usize {
        self.runs(functions).iter().filter(|id| PROFILE.functions.kill(id)).count()
    }

    /// The current number of a function's environments.
    pub fn running(&self, function: &str) -> usize {
        self.runs(&[function]).len()
    }

    /// The processes or containers of these functions.
    fn runs(&self, functions: &[&str]) -> Vec<String> {
        let functions =
            functions.iter().map(|function| format!("wild-rydes-{}-{function}", self.deployment.stage));
        let names = functions.collect::<Vec<_>>().join("|");
        PROFILE.functions.find(&names)
    }
}

impl Functions {
    fn find(self, names: &str) -> Vec<String> {
        match self {
            Self::Processes => {
                // Not every process is ours to read, and some end meanwhile.
                let find = format!(
                    "grep -slzxE 'AWS_LAMBDA_FUNCTION_NAME=({names})' /proc/[0-9]*/environ | cut -d/ -f3"
                );
                lines(beside_the_emulator("sh", &["-c", &find]))
            }
            Self::Containers => {
                let ours = format!("label={}", label());
                let name = format!("name=-({names})-");
                lines(docker(&["ps", "--quiet", "--filter", &ours, "--filter", &name]))
            }
        }
    }

    fn kill(self, id: &str) -> bool {
        let mut kill = match self {
            // The shell's own: an image need not have the program.
            Self::Processes => beside_the_emulator("sh", &["-c", &format!("kill -9 {id}")]),
            Self::Containers => docker(&["kill", id]),
        };
        kill.output().unwrap().status.success()
    }
}

/// A command that runs where the emulator does: in its container, if it has one.
fn beside_the_emulator(program: &str, arguments: &[&str]) -> Command {
    if let Ok(container) = std::env::var("CONTAINER") {
        return docker(&[&["exec", &container, program], arguments].concat());
    }
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn docker(arguments: &[&str]) -> Command {
    let mut docker = Command::new("docker");
    docker.args(arguments);
    docker
}

/// The label of this run's containers.
fn label() -> String {
    std::env::var("CONTAINER_LABEL")
        .expect("CONTAINER_LABEL marks the containers: run `make test-containers`")
}

fn lines(mut command: Command) -> Vec<String> {
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
