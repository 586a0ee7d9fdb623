//! The harness of the end-to-end tests: a deployed Wild Rydes, seen from outside through its endpoint, its queues and
//! its tables.

mod access;
mod caller;
mod cloudwatch;
mod contract;
mod dead_letters;
mod effects;
mod emulator;
mod eventually;
mod fares;
mod fault_injection;
mod fault_proxy;
mod lake;
mod logs;
mod prebooking;
mod queues;
mod remote_address;
mod rfq;
mod ride;
mod saga;
mod services;
mod subscribers;
mod turn;
mod world;

pub use access::{Function, Inventory, Principal, Thing};
pub use caller::{Caller, User};
pub use contract::{Contract, faults_of_message};
pub use dead_letters::{DeadLetter, same};
pub use emulator::crowd;
pub use eventually::{eventually, eventually_within, unhurried};
pub use fares::{Fare, ProviderCall};
pub use fault_proxy::asks_proxy;
pub use lake::Filed;
pub use prebooking::{Prebooking, in_days};
pub use remote_address::from_another_address;
pub use rfq::{Herds, Rfq, quotes};
pub use ride::{Ride, notified_events, unique};
pub use saga::{Ended, Fault, Saga};
pub use services::{Service, service_of};
pub use world::World;
