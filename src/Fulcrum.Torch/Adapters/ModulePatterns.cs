using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulcrum.Torch.Adapters;

/// <summary>The patterns of one adapter for names of modules. Each is compiled once, and all of them together have a
/// limit of time.</summary>
/// <remarks>Two instances are equal: they are no part of what an adapter's configuration says.</remarks>
internal sealed class ModulePatterns
{
    private const RegexOptions Options = RegexOptions.CultureInvariant;
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1),
        Slow = TimeSpan.FromMilliseconds(10),
        LongestInAll = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Regex> compiled = new(StringComparer.Ordinal);
    private readonly Lock door = new();
    private TimeSpan spent;

    /// <summary>A regular expression matches the full name.</summary>
    /// <exception cref="InputException">The expression is invalid or takes too long.</exception>
    public bool Matches(string module, string pattern) =>
        Guarded(pattern, $@"\A(?:{Python(pattern)})\z", r => r.IsMatch(module));

    /// <summary>The value of the first key that matches, as a regular expression, the end of the name; null for none.
    /// </summary>
    /// <exception cref="InputException">As for <see cref="Matches"/>.</exception>
    public double? Lookup(IReadOnlyDictionary<string, double>? pattern, string module) =>
        (pattern ?? new Dictionary<string, double>())
            .Where(p => Matches(module, $@"(.*\.)?(?:{p.Key})"))
            .Select(p => (double?)p.Value)
            .FirstOrDefault();

    /// <summary>The module lies in one of the layers: its layer is the number after the name of the list of layers.
    /// </summary>
    /// <param name="layers">Null or empty: every module does.</param>
    /// <param name="lists">Names of the list of layers, as regular expressions; null or empty: any name.</param>
    /// <exception cref="InputException">As for <see cref="Matches"/>.</exception>
    public bool IsInLayers(string module, IReadOnlyList<int>? layers, IReadOnlyList<string>? lists)
    {
        if (layers is null or [])
        {
            return true;
        }

        Match found = (lists is null or [] ? [@"[^.]*"] : lists)
            .Select(list => Guarded(list, $@"\A.*\.{Python(list)}\.(?<layer>\d+)\.", r => r.Match(module)))
            .FirstOrDefault(m => m.Success, Match.Empty);
        return found.Success
            && int.TryParse(found.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture, out int number)
            && layers.Contains(number);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ModulePatterns;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;

    private static string Python(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);

    private T Guarded<T>(string pattern, string whole, Func<Regex, T> match)
    {
        lock (door)
        {
            try
            {
                long start = Stopwatch.GetTimestamp();
                T found = match(Compiled(whole));
                Spend(pattern, Stopwatch.GetElapsedTime(start));
                return found;
            }
            catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
            {
                throw Unusable(pattern, e.Message, e);
            }
        }
    }

    private Regex Compiled(string whole)
    {
        if (!compiled.TryGetValue(whole, out Regex? regex))
        {
            compiled[whole] = regex = new Regex(whole, Options, LongestMatch);
        }

        return regex;
    }

    // Every pattern is tried on every module. Quick ones cost nothing, so that a busy machine makes no adapter invalid.
    private void Spend(string pattern, TimeSpan took)
    {
        spent += took > Slow ? took : TimeSpan.Zero;
        if (spent > LongestInAll)
        {
            throw Unusable(
                pattern,
                $"the adapter's patterns take longer than {LongestInAll.TotalSeconds:0} s together"
            );
        }
    }

    private static InputException Unusable(string pattern, string why, Exception? cause = null) =>
        new($"the adapter's module pattern '{Printable.Short(pattern)}' cannot be used: {why}", cause);
}
