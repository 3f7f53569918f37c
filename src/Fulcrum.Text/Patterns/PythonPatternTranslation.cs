using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Patterns;

/// <summary>Rewrites a pattern of Python's <c>re</c> in .NET's language.</summary>
internal sealed partial class PythonPatternTranslation
{
    // A surrogate pair: a character beyond the basic plane. The others are members of a set in brackets.
    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]",
        Word = @"\p{L}\p{N}_",
        Space = @"\s\x1c-\x1f";

    // Everything but letters, numbers and the underscore, as members of a set.
    private const string NoWord =
        @"\p{M}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\p{S}\p{Z}\p{C}\u203F\u2040\u2054\uFE33\uFE34\uFE4D-\uFE4F\uFF3F";

    private readonly string pattern;
    private readonly StringBuilder result = new();
    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private int at;
    private bool dotAll;

    private PythonPatternTranslation(string pattern) => this.pattern = pattern;

    /// <summary>The pattern in .NET's language; its groups are numbered as Python numbers them.</summary>
    public string Text => result.ToString();

    /// <summary>Number of capturing groups.</summary>
    public int Groups { get; private set; }

    /// <summary>Flags that the pattern sets for itself at its beginning.</summary>
    public RegexOptions Flags { get; private set; }

    /// <summary>Translates a pattern.</summary>
    /// <exception cref="ArgumentException">The pattern is malformed, too long, or not expressible in .NET.</exception>
    public static PythonPatternTranslation Of(string pattern, int mostCharacters)
    {
        if (pattern.Length > mostCharacters)
        {
            throw new ArgumentException($"it has more than {mostCharacters:N0} characters");
        }

        PythonPatternTranslation translation = new(pattern);
        translation.LeadingFlags();
        while (translation.at < pattern.Length)
        {
            translation.Part();
        }

        return translation;
    }

    /// <summary>Reads the flags at the beginning, such as <c>(?is)</c>, which apply to the whole pattern.</summary>
    private void LeadingFlags()
    {
        while (FlagsAlone().Match(pattern, at) is { Success: true } m)
        {
            foreach (char flag in m.Groups[1].Value)
            {
                Flags |= flag switch
                {
                    'i' => RegexOptions.IgnoreCase,
                    'm' => RegexOptions.Multiline,
                    's' => RegexOptions.Singleline,
                    'x' => RegexOptions.IgnorePatternWhitespace,
                    'u' => RegexOptions.None,
                    _ => throw new ArgumentException($"the flag {flag} is not supported"),
                };
            }

            at += m.Length;
        }

        dotAll = Flags.HasFlag(RegexOptions.Singleline);
    }

    private void Part()
    {
        char c = pattern[at];
        switch (c)
        {
            case '\\':
                Escape();
                break;
            case '[':
                Set();
                break;
            case '(':
                Group();
                break;
            case '.':
                at++;
                result.Append(dotAll ? $@"(?:{Pair}|[\s\S])" : $@"(?:{Pair}|[^\n])");
                break;
            case '{' when UpTo().Match(pattern, at) is { Success: true } m:
                at += m.Length;
                result.Append(CultureInfo.InvariantCulture, $"{{0,{m.Groups[1].Value}}}");
                break;
            case '*' or '+' or '?' or '}' when at + 1 < pattern.Length && pattern[at + 1] == '+' && !IsLiteralBrace():
                throw new ArgumentException("possessive repetition is not supported");
            default:
                Literal();
                break;
        }
    }

    // A closing brace without a repetition before it is a literal, which a following "+" repeats.
    private bool IsLiteralBrace()
    {
        int start = at - 1;
        for (bool comma = false; start >= 0 && (char.IsDigit(pattern[start]) || (pattern[start] == ',' && !comma)); )
        {
            comma |= pattern[start--] == ',';
        }

        return pattern[at] == '}' && (start < 0 || pattern[start] != '{');
    }

    private void Literal()
    {
        if (char.IsHighSurrogate(pattern[at]) && at + 1 < pattern.Length)
        {
            result.Append("(?:").Append(pattern, at, 2).Append(')');
            at += 2;
            return;
        }

        result.Append(pattern[at++]);
    }

    private void Group()
    {
        if (Named().Match(pattern, at) is { Success: true } named)
        {
            at += named.Length;
            names[named.Groups[1].Value] = ++Groups;
            result.Append('(');
        }
        else if (NamedBack().Match(pattern, at) is { Success: true } back)
        {
            at += back.Length;
            int number = names.TryGetValue(back.Groups[1].Value, out int known)
                ? known
                : throw new ArgumentException($"there is no group {back.Groups[1].Value}");
            result.Append(CultureInfo.InvariantCulture, $@"(?:\{number})");
        }
        else if (Special().Match(pattern, at) is { Success: true } special)
        {
            at += special.Length;
            result.Append(
                special.Value.Replace("a", "", StringComparison.Ordinal).Replace("u", "", StringComparison.Ordinal)
            );
        }
        else if (pattern.AsSpan(at).StartsWith("(?"))
        {
            throw new ArgumentException($"the group {pattern[at..Math.Min(at + 4, pattern.Length)]} is not supported");
        }
        else
        {
            at++;
            Groups++;
            result.Append('(');
        }
    }

    private void Escape()
    {
        if (at + 1 >= pattern.Length)
        {
            throw new ArgumentException("it ends in a backslash");
        }

        char c = pattern[at + 1];
        at += 2;
        _ = c switch
        {
            'w' => result.Append($"[{Word}]"),
            'W' => result.Append($@"(?:{Pair}|[^{Word}\uD800-\uDFFF])"),
            's' => result.Append($"[{Space}]"),
            'S' => result.Append($@"(?:{Pair}|[^{Space}\uD800-\uDFFF])"),
            'D' => result.Append($@"(?:{Pair}|[^\d\uD800-\uDFFF])"),
            'Z' => result.Append(@"\z"),
            'U' => result.Append($"(?:{Regex.Escape(LongCharacter())})"),
            'N' or 'p' or 'P' or 'k' or 'z' or 'G' => throw new ArgumentException($@"\{c} is not supported"),
            _ => result.Append('\\').Append(c),
        };
    }

    private string LongCharacter()
    {
        string digits = at + 8 <= pattern.Length ? pattern[at..(at + 8)] : "";
        at += digits.Length;
        return
            int.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int code)
            && Rune.IsValid(code)
            ? new Rune(code).ToString()
            : throw new ArgumentException(@"\U needs eight hexadecimal digits");
    }

    [GeneratedRegex(@"\G\(\?([aiLmsux]+)\)")]
    private static partial Regex FlagsAlone();

    [GeneratedRegex(@"\G\{,(\d+)\}")]
    private static partial Regex UpTo();

    [GeneratedRegex(@"\G\(\?P<(\w+)>")]
    private static partial Regex Named();

    [GeneratedRegex(@"\G\(\?P=(\w+)\)")]
    private static partial Regex NamedBack();

    [GeneratedRegex(@"\G\(\?(?:[:=!>]|<[=!]|[aiLmsux]*-?[imsx]*:|#)")]
    private static partial Regex Special();
}
