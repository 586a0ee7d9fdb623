//! What `rydes` is made of: finding a deployment, calling its APIs, and seeing what its services did.

mod arrivals;
mod audit;
mod campaign;
mod complete_ride;
mod contact;
mod cost;
mod credentials;
mod dead_letters;
mod decimal;
mod deployment;
mod error;
mod fare;
mod filter;
mod journal;
mod lake;
mod load;
mod logs;
pub mod plot;
mod prebooking;
mod rfq;
mod settle_email;
mod signed;
mod status;
mod tables;
mod trace;

pub use audit::{Audit, Finding, Journals, audit};
pub use campaign::{Backlog, Campaign, CampaignPlan, Sample, campaign};
pub use complete_ride::{CompleteRide, complete_ride};
pub use contact::{AddContact, add_contact};
pub use cost::{Component, Cost, CostOptions, Design, PerMillion, cost};
pub use dead_letters::{
    DeadLetter, DeadLetterQueue, Letters, Moved, dead_letter_queues, dead_letters, discard, redrive,
};
pub use deployment::{DeployedStack, Deployment};
pub use error::Error;
pub use fare::{
    FareStep, FareTrace, Resolution, ResolveFare, StepError, StepOutcome, resolve_fare, trace_fare,
};
pub use journal::{Accepted, Journal, Kind};
pub use lake::Lake;
pub use load::{Figures, Lateness, Load, LoadOptions, LoadPlan, Progress, Slice, UseCase, load};
pub use logs::{LogLine, logs};
pub use prebooking::{Prebook, PrebookingTrace, decided_prebooking, prebook, prebooking, trace_prebooking};
pub use rfq::{
    ManyRfqs, ManyRfqsPlan, Quoted, RequestQuotes, Rfq, RfqTrace, request_many, request_quotes, trace_rfq,
};
pub use settle_email::{EmailOutcome, SettleEmail, settle_email};
pub use signed::{Answer, Api};
pub use status::{Depth, Service, Status, UnderWay, status, under_way};
pub use trace::{Delivery, RideTrace, Step, trace_ride};
