using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Fulcrum.Cli;

/// <summary>Options whose values are whole numbers within bounds.</summary>
internal static class CountOption
{
    /// <summary>Returns an option that is null where it is not given.</summary>
    public static Option<int?> Of(string name, int least, string description) =>
        new(name) { Description = description, CustomParser = result => Parsed(name, least, int.MaxValue, result) };

    /// <summary>Returns an option with a default.</summary>
    public static Option<int> Of(
        string name,
        int least,
        string description,
        int defaultValue,
        int most = int.MaxValue
    ) =>
        new(name)
        {
            Description = description,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result => Parsed(name, least, most, result) ?? defaultValue,
        };

    /// <summary>Returns an option that must be given.</summary>
    public static Option<int> Required(string name, int least, string description) =>
        new(name)
        {
            Description = description,
            Required = true,
            CustomParser = result => Parsed(name, least, int.MaxValue, result) ?? least,
        };

    /// <summary>Returns the option of the number of threads.</summary>
    public static Option<int?> Threads(string whose = "the native library") =>
        Of("--threads", least: 1, $"Threads of {whose}. Default: all available cores.");

    private static int? Parsed(string name, int least, int most, ArgumentResult result)
    {
        if (result.Tokens is not [.., { Value: var given }])
        {
            return null;
        }

        bool isNumber = int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count);
        if (isNumber && count >= least && count <= most)
        {
            return count;
        }

        result.AddError(
            !isNumber && given.Length > 0 && given.All(char.IsAsciiDigit) ? $"{name}: {given} is too large"
            : !isNumber ? $"{name}: '{given}' is no whole number"
            : most == int.MaxValue ? $"{name} must be {least} or more"
            : $"{name} must be between {least} and {most}"
        );
        return null;
    }
}
