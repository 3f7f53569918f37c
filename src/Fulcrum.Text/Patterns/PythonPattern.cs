using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Patterns;

/// <summary>A pattern of Python's <c>re</c> module, run by .NET over text whose characters are code points.</summary>
/// <remarks>
/// The two languages differ in what <c>\w</c> and <c>\s</c> mean, in named groups, in <c>{,n}</c>, in a bracket inside
/// a set, and in characters beyond the basic plane, which are one character in Python and two in .NET.
/// </remarks>
internal sealed class PythonPattern
{
    // Patterns come from untrusted task files. A long one would take seconds to compile.
    private const int MostCharacters = 1 << 16;

    // Of a text with its replacements.
    private const long LongestResult = 1 << 26;
    private static readonly TimeSpan UsualLimit = TimeSpan.FromSeconds(5);
    private readonly string pattern;
    private readonly TimeSpan limit;
    private readonly Regex regex;
    private readonly int groups;

    /// <summary>Compiles a pattern.</summary>
    /// <param name="flags">Flags beyond those that the pattern sets itself.</param>
    /// <param name="limit">The longest time on one text; null: 5 s.</param>
    /// <exception cref="InputException">The pattern is malformed, or .NET cannot express it. The message names
    /// it.</exception>
    public PythonPattern(string pattern, RegexOptions flags = RegexOptions.None, TimeSpan? limit = null)
    {
        this.pattern = pattern;
        this.limit = limit ?? UsualLimit;
        try
        {
            PythonPatternTranslation translation = PythonPatternTranslation.Of(pattern, MostCharacters);
            regex = new Regex(translation.Text, flags | RegexOptions.CultureInvariant | translation.Flags, this.limit);
            groups = translation.Groups;
        }
        catch (ArgumentException e)
        {
            throw new InputException($"the pattern {pattern} cannot be used: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Returns all matches, as Python's <c>findall</c>: the text of each group, or of the whole match if the
    /// pattern has no groups.</summary>
    /// <exception cref="InputException">The search took too long. The message names the pattern.</exception>
    public IReadOnlyList<IReadOnlyList<string>> FindAll(string text) =>
        Timed(() =>
        {
            long latest = Latest();
            List<IReadOnlyList<string>> all = [];
            for (Match match = regex.Match(text); match.Success; match = match.NextMatch())
            {
                all.Add(groups == 0 ? [match.Value] : Groups(match));
                RequireTime(latest);
            }

            return all;
        });

    /// <summary>Returns the number of matches that do not overlap.</summary>
    /// <exception cref="InputException">As for <see cref="FindAll"/>.</exception>
    public int Count(string text) =>
        Timed(() =>
        {
            long latest = Latest();
            int count = 0;
            foreach (ValueMatch _ in regex.EnumerateMatches(text))
            {
                count++;
                RequireTime(latest);
            }

            return count;
        });

    /// <summary>Returns whether the pattern matches anywhere.</summary>
    /// <exception cref="InputException">As for <see cref="FindAll"/>.</exception>
    public bool IsFound(string text) => Timed(() => regex.IsMatch(text));

    /// <summary>Returns the text with every match replaced, as Python's <c>sub</c>.</summary>
    /// <param name="replacement">Python's form: <c>\1</c>, <c>\g&lt;1&gt;</c>, escapes.</param>
    /// <param name="count">The largest number of matches; 0: all.</param>
    /// <exception cref="InputException">As for <see cref="FindAll"/>; or the replacement names a group that does not
    /// exist; or the result is too long.</exception>
    public string Replace(string text, string replacement, int count = 0) =>
        Timed(() =>
        {
            long latest = Latest(),
                added = 0;
            return regex.Replace(text, Expand, count == 0 ? -1 : count);

            string Expand(Match match)
            {
                RequireTime(latest);
                string expanded = Expanded(replacement, match);
                added += expanded.Length;
                return added <= LongestResult
                    ? expanded
                    : throw new InputException(
                        $"the replacements for the pattern {pattern} have more than {LongestResult} characters"
                    );
            }
        });

    private string[] Groups(Match match) => [.. Enumerable.Range(1, groups).Select(g => match.Groups[g].Value)];

    private long Latest() => Environment.TickCount64 + (long)limit.TotalMilliseconds;

    // .NET's limit is for one match. Many slow matches would run for hours.
    private static void RequireTime(long latest)
    {
        if (Environment.TickCount64 > latest)
        {
            throw new RegexMatchTimeoutException();
        }
    }

    private T Timed<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InputException($"the pattern {pattern} ran for more than {limit.TotalSeconds} s on one text", e);
        }
    }

    private string Expanded(string replacement, Match match)
    {
        StringBuilder text = new();
        for (int at = 0; at < replacement.Length; at++)
        {
            _ =
                replacement[at] == '\\' && at + 1 < replacement.Length
                    ? text.Append(Escape(replacement, ref at, match))
                    : text.Append(replacement[at]);
        }

        return text.ToString();
    }

    private string Escape(string replacement, ref int at, Match match)
    {
        char c = replacement[++at];
        if (c == 'g' && replacement.IndexOf('>', at) is > 0 and var end && at + 1 < end && replacement[at + 1] == '<')
        {
            string name = replacement[(at + 2)..end];
            at = end;
            return Group(int.TryParse(name, CultureInfo.InvariantCulture, out int number) ? number : -1, match);
        }

        return c switch
        {
            >= '1' and <= '9' => Group(c - '0', match),
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            '\\' => "\\",
            _ => "\\" + c,
        };
    }

    private string Group(int number, Match match) =>
        number >= 0 && number <= groups
            ? match.Groups[number].Value
            : throw new InputException(
                $"the replacement for the pattern {pattern} names a group that it does not have"
            );
}
