//! Pictures in files.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use client::Error;

/// Fails if a file can't be written, so that the error comes before all requests are sent. The file's content stays until it is
/// written.
pub fn can_be_written(file: &Path) -> Result<(), Error> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened.map(drop).map_err(|error| unwritable(file, &error))
}

/// Writes a file.
pub fn write(file: &Path, text: &str) -> Result<(), Error> {
    fs::write(file, text).map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Path, error: &io::Error) -> Error {
    Error::Usage(format!("{} can't be written: {error}", file.display()))
}
