//! The event sources that the console has switched off. It switches them on when it ends. A file has them, too, so that the next
//! console of the stage does so if this one was killed.

use std::{
    collections::BTreeSet,
    env,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use aws_sdk_lambda::operation::update_event_source_mapping::UpdateEventSourceMappingError;
use client::{Deployment, Error};

/// The ids of event source mappings, and the file that has them.
#[derive(Debug, Default)]
pub struct SwitchedOff {
    mappings: BTreeSet<String>,
    file: Option<File>,
}

impl SwitchedOff {
    /// Opens the file of a stage, with what a console that was killed has left in it.
    pub fn open(stage: &str) -> Self {
        match folder().and_then(|folder| Self::in_folder(&folder, stage)) {
            Ok(switched_off) => switched_off,
            Err(error) => {
                eprintln!(
                    "rydes: if the console is killed, the next one can't bring up what it took down: {error}"
                );
                Self::default()
            }
        }
    }

    /// The lock of the file ends with the program, however it ends.
    fn in_folder(folder: &Path, stage: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{stage}.switched-off"));
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other(format!("another console of the stage {stage} is open")));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(Self { mappings: text.lines().map(str::to_owned).collect(), file: Some(file) })
    }

    pub fn all(&self) -> BTreeSet<String> {
        self.mappings.clone()
    }

    /// Notes a mapping. Call it before it is switched off.
    pub fn insert(&mut self, mapping: &str) -> Result<(), Error> {
        if self.mappings.insert(mapping.to_owned())
            && let Some(file) = &mut self.file
        {
            let written = file.write_all(format!("{mapping}\n").as_bytes());
            return written
                .map_err(|error| Error::Usage(format!("the console's notes can't be written: {error}")));
        }
        Ok(())
    }

    /// Forgets a mapping that was switched on. The file is emptied with the last one: to switch one on again does no harm.
    pub fn remove(&mut self, mapping: &str) {
        self.mappings.remove(mapping);
        if let (true, Some(file)) = (self.mappings.is_empty(), &self.file)
            && let Err(error) = file.set_len(0)
        {
            eprintln!("rydes: the console's notes can't be emptied: {error}");
        }
    }

    /// Switches on all of them. Gives the number of those that are on again.
    pub async fn bring_up(&mut self, deployment: &Deployment) -> usize {
        let up = switch_on(deployment, self.all()).await;
        for mapping in &up {
            self.remove(mapping);
        }
        up.len()
    }
}

/// Switches mappings on. Gives those that are on, and those that are gone.
pub async fn switch_on(deployment: &Deployment, mappings: BTreeSet<String>) -> Vec<String> {
    let mut up = Vec::new();
    for mapping in mappings {
        match switch(deployment, &mapping, true).await {
            Ok(()) => up.push(mapping),
            Err(error) => eprintln!("rydes: event source {mapping} is still switched off: {error}"),
        }
    }
    up
}

/// Switches a mapping on or off. One that is gone counts as switched.
pub async fn switch(deployment: &Deployment, mapping: &str, enabled: bool) -> Result<(), Error> {
    let client = aws_sdk_lambda::Client::new(deployment.aws());
    match client.update_event_source_mapping().uuid(mapping).enabled(enabled).send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(UpdateEventSourceMappingError::is_resource_not_found_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(Error::aws("lambda:UpdateEventSourceMapping", &error)),
    }
}

/// The folder for what programs remember: `$XDG_STATE_HOME`, or `~/.local/state`.
fn folder() -> io::Result<PathBuf> {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")));
    let state = state.ok_or_else(|| io::Error::other("neither XDG_STATE_HOME nor HOME is set"))?;
    Ok(state.join("wild-rydes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_folder() -> PathBuf {
        env::temp_dir().join(format!("rydes-{}", uuid::Uuid::new_v4()))
    }

    #[test]
    fn the_next_console_knows_what_a_killed_one_had_switched_off() {
        let folder = own_folder();
        let mut killed = SwitchedOff::in_folder(&folder, "dev").unwrap();
        killed.insert("a").unwrap();
        killed.insert("b").unwrap();
        killed.insert("b").unwrap();
        killed.remove("a");
        drop(killed);
        let mut next = SwitchedOff::in_folder(&folder, "dev").unwrap();
        assert!(next.all().contains("b"));
        for mapping in next.all() {
            next.remove(&mapping);
        }
        drop(next);
        assert!(SwitchedOff::in_folder(&folder, "dev").unwrap().all().is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_console_leaves_alone_what_another_one_has_switched_off() {
        let folder = own_folder();
        let mut first = SwitchedOff::in_folder(&folder, "dev").unwrap();
        first.insert("a").unwrap();
        assert!(SwitchedOff::in_folder(&folder, "dev").is_err(), "another console of the stage");
        assert!(SwitchedOff::in_folder(&folder, "prod").unwrap().all().is_empty(), "another stage");
        fs::remove_dir_all(folder).unwrap();
    }
}
