//! A campaign over time, as a picture for the terminal and as an SVG; and a load, as an SVG.

pub mod campaign;
pub mod load;
mod panel;
mod samples;
mod scale;
pub mod terminal;

#[cfg(test)]
mod tests;
