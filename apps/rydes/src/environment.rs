//! The environment, as every AWS tool should see it.

/// Restarts the program without empty `AWS_…` variables. Scripts often set a variable to nothing instead of unsetting it, and the SDK
/// would take an empty region, endpoint or profile for a name. The program can't just remove the variables: that is unsafe in Rust,
/// because other threads may read the environment at the same time.
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
    // `exec` returns only if it fails.
    eprintln!("rydes: can't start again without the empty AWS_ variables: {}", again.exec());
    exit(1);
}

/// Windows has no empty variables.
#[cfg(not(unix))]
pub fn without_empty_variables() {}
