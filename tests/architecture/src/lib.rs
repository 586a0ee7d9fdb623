//! Tests that hold the repository to `ARCHITECTURE.md` and to the docs. They read files and run nothing but `cargo metadata`.

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
mod repository;
#[cfg(test)]
mod sources;
