//! Tests that check the repository against `ARCHITECTURE.md` and the docs. They read files and run only `cargo metadata`.

#[cfg(test)]
mod crates;
#[cfg(test)]
mod links;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod patterns;
#[cfg(test)]
mod published;
#[cfg(test)]
mod repository;
#[cfg(test)]
mod sources;
