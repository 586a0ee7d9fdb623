//! The environment, as every AWS tool should see it.

/// An empty `AWS_…` variable says as much as none: scripts set one to nothing as often as they unset it. The SDK takes some of
/// them at their word (a region, an endpoint, a profile of no name), so the program starts again without them. It can't just
/// remove them: other threads may read the environment meanwhile, which is why that is unsafe in Rust.
#[cfg(unix)]
pub fn without_empty_variables() {
    use std::{
        env,
        os::unix::process::CommandExt,
        process::{Command, exit},
    };

    let is_empty = |value: &std::ffi::OsString| value.to_str().is_some_and(|value| value.trim().is_empty());
    let aws = |name: &std::ffi::OsString| name.to_str().is_some_and(|name| name.starts_with("AWS_"));
    let mut empty = env::vars_os().filter(|(name, value)| aws(name) && is_empty(value)).peekable();
    let Ok(program) = env::current_exe() else { return };
    if empty.peek().is_none() {
        return;
    }
    let mut again = Command::new(program);
    again.args(env::args_os().skip(1));
    for (name, _) in empty {
        again.env_remove(name);
    }
    // It returns only if it fails.
    eprintln!("rydes: can't start again without the empty AWS_ variables: {}", again.exec());
    exit(1);
}

/// Windows has no empty variables.
#[cfg(not(unix))]
pub fn without_empty_variables() {}
