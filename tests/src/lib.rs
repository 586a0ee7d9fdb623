//! The harness of the end-to-end tests: a deployed Wild Rydes, seen from outside through its endpoint, its queues and
//! its tables.

mod access;
mod caller;
mod cloudwatch;
mod contract;
mod disturbances;
mod elsewhere;
mod emulator;
mod eventually;
mod fares;
mod lake;
mod logs;
mod prebooking;
mod proxy;
mod rfq;
mod ride;
mod saga;
mod turn;
mod world;

pub use access::{Function, Inventory, Somebody, Thing};
pub use caller::{Caller, User};
pub use contract::Contract;
pub use elsewhere::elsewhere;
pub use emulator::crowd;
pub use eventually::{eventually, eventually_within, unhurried};
pub use fares::{Fare, ProviderCall};
pub use lake::Filed;
pub use prebooking::{Prebooking, in_days};
pub use proxy::asks_proxy;
pub use rfq::{Herds, Rfq, quotes};
pub use ride::{Ride, unique};
pub use saga::{Ended, Fault, Saga};
pub use world::{DeadLetter, Service, World, same};
