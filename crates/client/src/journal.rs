//! The journal: a line for each accepted request, which `rydes audit` compares with the outcome.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;

/// A request that was accepted, as far as it can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The fields of the request.
    pub kind: Kind,
    /// The id that its caller was told.
    pub id: String,
    /// The key that it was sent with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The time of the answer.
    pub at: Timestamp,
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The fare, for a ride.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fare: Option<String>,
}

/// The kind of an accepted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A completed ride.
    Ride,
    /// A ride booked ahead.
    Prebooking,
    /// A request for quotes.
    Rfq,
}

impl Kind {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ride => "ride",
            Self::Prebooking => "prebooking",
            Self::Rfq => "rfq",
        }
    }

    /// The service that stores it.
    #[must_use]
    pub fn service(self) -> &'static str {
        match self {
            Self::Ride => "unicorn-management",
            Self::Prebooking | Self::Rfq => "ride-booking",
        }
    }
}

impl Accepted {
    /// A request with this body that has just been accepted.
    #[must_use]
    pub fn now(kind: Kind, id: &str, key: Option<&str>, body: &str) -> Self {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| match body.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Self {
            kind,
            id: id.to_owned(),
            key: key.map(str::to_owned),
            at: Timestamp::now(),
            customer: text("customer"),
            fare: text("fare").filter(|_| kind == Kind::Ride),
        }
    }
}

/// A file that accepted requests are noted in.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

impl Journal {
    /// Opens a journal, or begins one. Its entries stay.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let opened = OpenOptions::new().read(true).append(true).create(true).open(path);
        opened.and_then(Self::on).map_err(|error| {
            Error::Usage(format!("the journal {} can't be written: {error}", path.display()))
        })
    }

    /// A line that a crash has cut off must not swallow the next.
    fn on(mut file: File) -> std::io::Result<Self> {
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        if last != [b'\n'] {
            file.write_all(b"\n")?;
        }
        Ok(Self { file })
    }

    /// Notes a request. Call it before the request is counted as accepted. The line is with the operating system when this returns: a
    /// crash of the program no longer loses it.
    pub fn note(&self, accepted: &Accepted) -> Result<(), Error> {
        let line = serde_json::to_string(accepted).map_err(|error| Error::Unexpected(error.to_string()))?;
        // One write a line, at the end of the file, so that several writers don't mix theirs.
        let written = (&self.file).write_all(format!("{line}\n").as_bytes());
        written.map_err(|error| Error::Usage(format!("the journal can't be written: {error}")))
    }
}

/// The entries of a journal, and the numbers of the lines that can't be read.
pub fn read(path: &Path) -> Result<(Vec<Accepted>, Vec<usize>), Error> {
    let text = std::fs::read(path);
    let text =
        text.map_err(|error| Error::Usage(format!("the journal {} can't be read: {error}", path.display())))?;
    let (mut accepted, mut unreadable) = (Vec::new(), Vec::new());
    for (n, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        match serde_json::from_slice(line) {
            Ok(entry) => accepted.push(entry),
            Err(_) if line.iter().all(u8::is_ascii_whitespace) => {}
            Err(_) => unreadable.push(n),
        }
    }
    Ok((accepted, unreadable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_one_that_a_crash_cut_off_spoils_no_other() {
        let path = std::env::temp_dir().join(format!("journal-{}", uuid::Uuid::now_v7()));
        let ride = Accepted::now(Kind::Ride, "r", Some("k"), r#"{"customer":"c","fare":"14.90","to":"Ulm"}"#);
        let rfq = Accepted::now(Kind::Rfq, "q", None, r#"{"customer":"d","fare":"1"}"#);
        Journal::open(&path).unwrap().note(&ride).unwrap();
        std::fs::write(&path, [std::fs::read(&path).unwrap(), b"{\"kind\":\"ri".to_vec()].concat()).unwrap();
        Journal::open(&path).unwrap().note(&rfq).unwrap();
        assert_eq!(read(&path).unwrap(), (vec![ride.clone(), rfq.clone()], vec![2]));
        assert_eq!((ride.fare.as_deref(), rfq.fare), (Some("14.90"), None));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("Ulm"), "only what is compared: {text}");
        std::fs::remove_file(&path).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("can't be read"));
        assert!(Journal::open(&path.join("no/such")).is_err());
    }
}
