using System.Text.RegularExpressions;

namespace Fulcrum.Models.Endpoint;

/// <summary>The environment variable that holds a server's key.</summary>
/// <remarks>A user may give the key itself instead of the variable's name. So messages quote a text only if it looks
/// like the name of a variable.</remarks>
internal static partial class KeyVariable
{
    /// <summary>Returns the key.</summary>
    /// <exception cref="InputException">The variable is not set.</exception>
    public static string Value(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } key
            ? key.Trim()
            : throw new InputException(
                $"the environment variable {Shown(variable)}, which should hold the key, is not set"
            );

    /// <summary>Returns the name for a message.</summary>
    public static string Shown(string variable) =>
        UsualName().IsMatch(variable)
            ? variable
            : "(not shown, because it may be the key itself; a name in capital letters, digits and _ is shown)";

    [GeneratedRegex("^[A-Z_][A-Z0-9_]{0,63}$")]
    private static partial Regex UsualName();
}
