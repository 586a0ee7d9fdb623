//! A function's settings. They are read once, in `main`, and one error names all that are missing.

use std::fmt::Write;

/// A setting's name and purpose. The error names both when the setting is missing.
///
/// ```
/// use lambda_messaging::function::Setting;
///
/// const TABLE: Setting = ("TABLE_NAME", "the table of orders");
/// ```
pub type Setting = (&'static str, &'static str);

/// The settings that a function needs and didn't find. No retry helps: its environment has to change.
///
/// ```
/// use aws_config::SdkConfig;
/// use lambda_messaging::{Function, Service, function::SettingsError};
///
/// let function = Function::new(Service::new("Shop", "orders"), SdkConfig::builder().build(), |_| None);
/// let error: SettingsError = function.settings([("TABLE_NAME", "the table of orders")]).unwrap_err();
/// assert!(error.to_string().contains("TABLE_NAME: the table of orders"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("settings are missing; the function's template should set them in its environment:{0}")]
pub struct SettingsError(String);

/// Reads the values of these settings, in their order.
pub fn read<const N: usize>(
    settings: [Setting; N],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<[String; N], SettingsError> {
    let mut missing = String::new();
    let values = settings.map(|(name, purpose)| {
        lookup(name).filter(|value| !value.trim().is_empty()).unwrap_or_else(|| {
            // Writing to a String can't fail.
            let _ = write!(missing, "\n  {name}: {purpose}");
            String::new()
        })
    });
    if missing.is_empty() { Ok(values) } else { Err(SettingsError(missing)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_missing_setting() {
        let lookup = |name: &str| (name == "A").then(|| "1".to_owned());
        let error =
            read([("A", "a"), ("B", "the b's table"), ("C", "the c")], lookup).unwrap_err().to_string();
        assert!(
            error.contains("B: the b's table") && error.contains("C: the c") && !error.contains("A:"),
            "{error}"
        );
        assert_eq!(read([("A", "a")], lookup).unwrap(), ["1"]);
    }

    #[test]
    fn a_blank_setting_is_a_missing_one() {
        assert!(read([("A", "a")], |_| Some(" ".to_owned())).is_err());
    }
}
