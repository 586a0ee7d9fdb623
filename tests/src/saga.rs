//! The fare collection saga under test: the deployed state machine, and variants with a fault built in.
//!
//! A fault is built into the definition, not into a participant: the faulty step and all other steps use the real queues, functions and
//! tables.

use std::collections::HashMap;

use aws_sdk_sfn::{
    Client,
    types::{HistoryEvent, HistoryEventType, StateMachineType},
};
use serde_json::{Value, json};

use crate::{World, eventually, unique};

/// A fault of a step, from the saga's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The step fails with this error and has done nothing.
    Before(&'static str),
    /// The step has its effect, and fails with this error all the same, as if its answer was lost.
    After(&'static str),
}

/// A state machine that collects fares.
#[derive(Debug, Clone)]
pub struct Saga {
    client: Client,
    arn: String,
    role: String,
    definition: Value,
}

/// The end of an execution.
#[derive(Debug)]
pub struct Ended {
    pub status: String,
    pub error: Option<String>,
}

impl Saga {
    /// The deployed state machine.
    pub async fn deployed(world: &World) -> Self {
        let client = Client::new(world.aws());
        let arn = world.output("fare-collection", "FareCollectionStateMachineArn").to_owned();
        let machine = client.describe_state_machine().state_machine_arn(&arn).send().await.unwrap();
        let definition = serde_json::from_str(&machine.definition).unwrap();
        Self { client, arn, role: machine.role_arn, definition }
    }

    /// A variant of the state machine with these faults built in.
    pub async fn with_faults(&self, faults: &[(&str, Fault)]) -> Self {
        let mut definition = self.definition.clone();
        for (step, fault) in faults {
            inject(&mut definition["States"], step, *fault);
        }
        self.variant(definition).await
    }

    /// A variant whose step uses another queue, and waits only a short time for an answer.
    pub async fn with_queue(&self, step: &str, queue_url: &str) -> Self {
        let mut definition = self.definition.clone();
        let state = &mut definition["States"][step];
        state["Parameters"]["QueueUrl"] = queue_url.into();
        state["TimeoutSeconds"] = 1.into();
        state.as_object_mut().unwrap().remove("HeartbeatSeconds");
        self.variant(definition).await
    }

    /// A variant that makes this one step and nothing else.
    pub async fn only(&self, step: &str) -> Self {
        let mut definition = self.definition.clone();
        definition["StartAt"] = step.into();
        let state = definition["States"][step].as_object_mut().unwrap();
        for field in ["Next", "Catch", "Retry"] {
            state.remove(field);
        }
        state.insert("End".to_owned(), true.into());
        let state = state.clone();
        definition["States"] = json!({ step: state });
        self.variant(definition).await
    }

    async fn variant(&self, definition: Value) -> Self {
        let create = self.client.create_state_machine().name(unique("variant")).role_arn(&self.role);
        let create = create.r#type(StateMachineType::Standard).definition(definition.to_string());
        let arn = create.send().await.unwrap().state_machine_arn;
        Self { arn, definition, ..self.clone() }
    }

    /// The names of its states.
    pub fn states(&self) -> Vec<String> {
        self.definition["States"].as_object().unwrap().keys().cloned().collect()
    }

    /// The names of the states with an integration.
    pub fn states_with(&self, integration: &str) -> Vec<String> {
        let states = self.definition["States"].as_object().unwrap().iter();
        let has = |state: &Value| state["Resource"].as_str().is_some_and(|arn| arn.ends_with(integration));
        states.filter(|(_, state)| has(state)).map(|(name, _)| name.clone()).collect()
    }

    /// Starts collecting a fare of 256.50; returns the execution.
    pub async fn start(&self, fare: &str, customer: &str) -> String {
        self.try_start(fare, fare, customer).await.unwrap()
    }

    /// Starts an execution of this name; returns the execution, or the name of the error.
    pub async fn try_start(&self, name: &str, fare: &str, customer: &str) -> Result<String, String> {
        let input = json!({"fareId": fare, "customer": customer, "amount": "256.50", "correlationId": fare,
                           "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
        let start = self.client.start_execution().state_machine_arn(&self.arn).name(name);
        match start.input(input.to_string()).send().await {
            Ok(started) => Ok(started.execution_arn),
            Err(error) => Err(error.into_service_error().meta().code().unwrap().to_owned()),
        }
    }

    /// The execution that collects a fare.
    pub fn execution(&self, fare: &str) -> String {
        format!("{}:{fare}", self.arn.replacen(":stateMachine:", ":execution:", 1))
    }

    /// The states that an execution went through.
    pub async fn path(&self, execution: &str) -> Vec<String> {
        let history = self.history(execution).await;
        history
            .iter()
            .filter_map(|event| Some(event.state_entered_event_details()?.name().to_owned()))
            .collect()
    }

    /// The number of tries of each state of a fare's execution.
    pub async fn tries(&self, fare: &str) -> HashMap<String, usize> {
        let (mut tries, mut state) = (HashMap::new(), String::new());
        for event in self.history(&self.execution(fare)).await {
            if let Some(entered) = event.state_entered_event_details() {
                entered.name().clone_into(&mut state);
            } else if event.r#type == HistoryEventType::TaskScheduled {
                *tries.entry(state.clone()).or_default() += 1;
            }
        }
        tries
    }

    async fn history(&self, execution: &str) -> Vec<HistoryEvent> {
        let get = self.client.get_execution_history().execution_arn(execution).max_results(1000);
        get.send().await.unwrap().events
    }

    /// Waits until an execution has ended.
    pub async fn ended(&self, execution: &str) -> Ended {
        let look = async || {
            let described = self.client.describe_execution().execution_arn(execution).send().await.unwrap();
            Ended { status: described.status.as_str().to_owned(), error: described.error }
        };
        eventually(&format!("{execution} ends"), look, |e| e.status != "RUNNING").await
    }
}

/// Replaces a step by one that ends in an error. The new step is tried as often as the old one, and has its effect each time.
fn inject(states: &mut Value, step: &str, fault: Fault) {
    let mut state = states[step].take();
    let mut faulty = json!({"Type": "Parallel", "ResultPath": null});
    let fields = state.as_object_mut().unwrap();
    for field in ["Retry", "Catch", "Next", "End"] {
        if let Some(value) = fields.remove(field) {
            faulty[field] = value;
        }
    }
    let (Fault::Before(error) | Fault::After(error)) = fault;
    let mut branch = json!({"StartAt": "Fault", "States": {"Fault": {"Type": "Fail", "Error": error, "Cause": "built in"}}});
    if let Fault::After(_) = fault {
        state["Next"] = "Fault".into();
        branch["States"][step] = state;
        branch["StartAt"] = step.into();
    }
    faulty["Branches"] = json!([branch]);
    states[step] = faulty;
}
