//! An emulator in a container, for as long as its caller needs it: starts the container, prints its endpoint once it answers, and
//! removes it when standard input ends. Standard input also ends when the caller dies.
//!
//! The containers that the emulator itself has started, one for each function, carry the same label and are removed too.

use std::{
    collections::HashMap,
    error::Error,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    pin::pin,
    process,
    sync::Mutex,
    time::Duration,
};

use clap::Parser;
use serde_json::json;
use testcontainers::{
    ContainerAsync, ContainerRequest, GenericImage, ImageExt,
    bollard::{
        models::PortBinding,
        query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder},
    },
    core::{IntoContainerPort, Mount, client::docker_client_instance, logs::LogFrame},
    runners::AsyncRunner,
};
use tokio::{
    io::AsyncReadExt,
    signal::unix::{SignalKind, signal},
};

const SOCKET: &str = "/var/run/docker.sock";
/// Until it is killed.
const TIME_TO_STOP: i32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

#[derive(Parser)]
struct Options {
    /// The image to start, as in localstack/localstack:4.14.0.
    #[arg(long)]
    image: String,
    /// The port that it listens on, in its container.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// The path that answers 200 once it is ready.
    #[arg(long)]
    health: String,
    /// The seconds that this may take.
    #[arg(long, default_value_t = 180)]
    patience: u64,
    /// Marks it, and what it starts: name=value.
    #[arg(long)]
    label: String,
    /// The file for its log.
    #[arg(long)]
    log: PathBuf,
    /// A variable of its environment: NAME=value.
    #[arg(long = "env")]
    environment: Vec<String>,
    /// A file to copy into it before it starts: file here=file there.
    #[arg(long = "file")]
    files: Vec<String>,
    /// Lets it start containers.
    #[arg(long)]
    docker_socket: bool,
    /// The command to run instead of its image's own.
    #[arg(last = true)]
    command: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse();
    let done = run(&options).await;
    // All containers are removed, even after an error.
    let swept = sweep(&options.label).await;
    let faults = [done, swept].into_iter().filter_map(Result::err).inspect(|fault| eprintln!("{fault}"));
    // The process exits without waiting for the thread that reads standard input, which may never end.
    process::exit(i32::from(faults.count() > 0));
}

async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut no_longer_needed = pin!(no_longer_needed());
    let (container, endpoint) = tokio::select! {
        started = start(options) => started.map_err(|error| format!("{}: {error}", options.image))?,
        () = &mut no_longer_needed => return Ok(()),
    };
    println!("{}", json!({"endpoint": endpoint, "container": container.id()}));
    no_longer_needed.await;
    // Gently: an emulator takes away what it has started.
    container.stop_with_timeout(Some(TIME_TO_STOP)).await?;
    Ok(container.rm().await?)
}

/// Starts it, and waits until it is well.
async fn start(options: &Options) -> Result<(ContainerAsync<GenericImage>, String), Box<dyn Error>> {
    let container = request(options)?.start().await?;
    let port = container.get_host_port_ipv4(options.port.tcp()).await?;
    let endpoint = format!("http://localhost:{port}");
    // The crate's own wait calls the bridge instead of the loopback interface if it believes that it runs in a container.
    let health = format!("{endpoint}{}", options.health);
    let well = async {
        while !reqwest::get(&health).await.is_ok_and(|answer| answer.status().is_success()) {
            if !container.is_running().await? {
                return Err("it has ended by itself".into());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok::<_, Box<dyn Error>>(())
    };
    tokio::time::timeout(Duration::from_secs(options.patience), well)
        .await
        .map_err(|_| format!("{health} does not answer 200 within {} s", options.patience))??;
    Ok((container, endpoint))
}

/// Waits until standard input ends, or a signal arrives.
async fn no_longer_needed() {
    let mut nothing = Vec::new();
    let (mut input, terminated) = (tokio::io::stdin(), signal(SignalKind::terminate()));
    tokio::select! {
        _ = input.read_to_end(&mut nothing) => {}
        _ = tokio::signal::ctrl_c() => {}
        Some(()) = async { terminated.ok()?.recv().await } => {}
    }
}

fn request(options: &Options) -> Result<ContainerRequest<GenericImage>, Box<dyn Error>> {
    let (name, tag) = match options.image.rsplit_once(':') {
        // A colon before a slash is that of a registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (options.image.as_str(), "latest"),
    };
    let mut image = GenericImage::new(name, tag).with_exposed_port(options.port.tcp());
    if let Some(program) = options.command.first() {
        image = image.with_entrypoint(program);
    }
    let (label, value) = pair(&options.label)?;
    let port = options.port;
    // Any free port, on the loopback interface only, so that no other machine can reach the emulator.
    let on_loopback = move |config: &mut testcontainers::bollard::models::HostConfig| {
        let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(String::new()) };
        config.publish_all_ports = Some(false);
        config.port_bindings = Some(HashMap::from([(format!("{port}/tcp"), Some(vec![binding]))]));
    };
    let log = Mutex::new(File::create(&options.log)?);
    let write = move |frame: &LogFrame| {
        // A log that can't be written is no reason to stop.
        let _ = log.lock().map(|mut log| log.write_all(frame.bytes()));
    };
    let mut request =
        image.with_label(label, value).with_host_config_modifier(on_loopback).with_log_consumer(write);
    for variable in &options.environment {
        let (name, value) = pair(variable)?;
        request = request.with_env_var(name, value);
    }
    for file in &options.files {
        let (here, there) = pair(file)?;
        request = request.with_copy_to(there, Path::new(here));
    }
    if options.command.len() > 1 {
        request = request.with_cmd(&options.command[1..]);
    }
    if options.docker_socket {
        request = request.with_mount(Mount::bind_mount(SOCKET, SOCKET));
    }
    Ok(request)
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("{text} is not written as name=value"))
}

async fn sweep(label: &str) -> Result<(), Box<dyn Error>> {
    let docker = docker_client_instance().await?;
    let ours = HashMap::from([("label", vec![label])]);
    let list = ListContainersOptionsBuilder::new().all(true).filters(&ours).build();
    for container in docker.list_containers(Some(list)).await? {
        let remove = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        // One that is just going by itself is as good as gone.
        let _ = docker.remove_container(container.id.as_deref().unwrap_or_default(), Some(remove)).await;
    }
    Ok(())
}
