using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulcrum.Torch.Adapters;

/// <summary>How PEFT matches names of modules.</summary>
internal static class ModuleNames
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(1);

    /// <summary>The module has this name, or its name ends with it after a dot.</summary>
    public static bool Ends(string module, string name) =>
        module == name || module.EndsWith("." + name, StringComparison.Ordinal);

    /// <summary>A regular expression matches the full name.</summary>
    /// <exception cref="InputException">The expression is invalid or takes too long.</exception>
    public static bool Matches(string module, string pattern) =>
        Guarded(pattern, () => Regex.IsMatch(module, $@"\A(?:{Python(pattern)})\z", Options, TimeLimit));

    /// <summary>The value of the first key that matches, as a regular expression, the end of the name; null for none.
    ///</summary>
    /// <exception cref="InputException">As for <see cref="Matches"/>.</exception>
    public static double? Lookup(IReadOnlyDictionary<string, double>? pattern, string module) =>
        (pattern ?? new Dictionary<string, double>())
            .Where(p => Matches(module, $@"(.*\.)?(?:{p.Key})"))
            .Select(p => (double?)p.Value)
            .FirstOrDefault();

    /// <summary>The module lies in one of the layers: its layer is the number after the name of the list of layers.
    ///</summary>
    /// <param name="layers">Null or empty: every module does.</param>
    /// <param name="lists">Names of the list of layers, as regular expressions; null or empty: any name.</param>
    public static bool IsInLayers(string module, IReadOnlyList<int>? layers, IReadOnlyList<string>? lists)
    {
        if (layers is null or [])
        {
            return true;
        }

        Match found = (lists is null or [] ? [@"[^.]*"] : lists)
            .Select(list => $@"\A.*\.{Python(list)}\.(?<layer>\d+)\.")
            .Select(p => Guarded(p, () => Regex.Match(module, p, Options, TimeLimit)))
            .FirstOrDefault(m => m.Success, Match.Empty);
        return found.Success
            && int.TryParse(found.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture, out int number)
            && layers.Contains(number);
    }

    private const RegexOptions Options = RegexOptions.CultureInvariant;

    private static string Python(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);

    private static T Guarded<T>(string pattern, Func<T> match)
    {
        try
        {
            return match();
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new InputException($"the adapter's module pattern '{pattern}' cannot be used: {e.Message}", e);
        }
    }
}
