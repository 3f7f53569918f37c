using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Patterns;

/// <summary>Rewrites a pattern of Python's <c>re</c> in .NET's language.</summary>
internal sealed class PythonPatternTranslation
{
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
        translation.Leading();
        while (translation.at < pattern.Length)
        {
            translation.Part();
        }

        return translation;
    }

    /// <summary>Flags at the very beginning count for the whole pattern: <c>(?is)</c>.</summary>
    private void Leading()
    {
        while (Regex.Match(pattern[at..], @"^\(\?([aiLmsux]+)\)") is { Success: true } m)
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
            case '{' when Regex.Match(pattern[at..], @"^\{,(\d+)\}") is { Success: true } m:
                at += m.Length;
                result.Append(CultureInfo.InvariantCulture, $"{{0,{m.Groups[1].Value}}}");
                break;
            case '*' or '+' or '?' or '}' when at + 1 < pattern.Length && pattern[at + 1] == '+' && !Quantified():
                throw new ArgumentException("possessive repetition is not supported");
            default:
                Literal();
                break;
        }
    }

    // The brace that closes no repetition is a letter, and "+" behind it repeats it.
    private bool Quantified() => pattern[at] == '}' && !Regex.IsMatch(pattern[..(at + 1)], @"\{\d*,?\d*\}$");

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
        string rest = pattern[at..];
        if (Regex.Match(rest, @"^\(\?P<(\w+)>") is { Success: true } named)
        {
            at += named.Length;
            names[named.Groups[1].Value] = ++Groups;
            result.Append('(');
        }
        else if (Regex.Match(rest, @"^\(\?P=(\w+)\)") is { Success: true } back)
        {
            at += back.Length;
            int number = names.TryGetValue(back.Groups[1].Value, out int known)
                ? known
                : throw new ArgumentException($"there is no group {back.Groups[1].Value}");
            result.Append(CultureInfo.InvariantCulture, $@"(?:\{number})");
        }
        else if (Regex.Match(rest, @"^\(\?(?:[:=!>]|<[=!]|[aiLmsux]*-?[imsx]*:|#)") is { Success: true } special)
        {
            at += special.Length;
            result.Append(
                special.Value.Replace("a", "", StringComparison.Ordinal).Replace("u", "", StringComparison.Ordinal)
            );
        }
        else if (rest.StartsWith("(?", StringComparison.Ordinal))
        {
            throw new ArgumentException($"the group {rest[..Math.Min(4, rest.Length)]} is not supported");
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

    private void Set()
    {
        bool negated = at + 1 < pattern.Length && pattern[at + 1] == '^';
        at += negated ? 2 : 1;
        StringBuilder basic = new();
        List<string> beyond = [];
        bool first = true;
        for (; at < pattern.Length && (pattern[at] != ']' || first); first = false)
        {
            Member(basic, beyond);
        }

        if (at >= pattern.Length)
        {
            throw new ArgumentException("a set of characters has no end");
        }

        at++;
        string others = string.Join('|', beyond);
        _ = negated switch
        {
            true when beyond.Count > 0 => result.Append($@"(?:(?!{others}){Pair}|[^{basic}\uD800-\uDFFF])"),
            true => result.Append($@"(?:{Pair}|[^{basic}\uD800-\uDFFF])"),
            false when beyond.Count > 0 => result.Append(
                basic.Length > 0 ? $"(?:[{basic}]|{others})" : $"(?:{others})"
            ),
            _ => result.Append($"[{basic}]"),
        };
    }

    private void Member(StringBuilder basic, List<string> beyond)
    {
        string from = Character(out bool single);
        bool range = single && at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']';
        if (!range)
        {
            _ = from.Length == 2 && char.IsHighSurrogate(from[0]) ? Add(beyond, from) : basic.Append(from).Length > 0;
            return;
        }

        at++;
        string to = Character(out bool plain);
        if (!plain)
        {
            throw new ArgumentException("a range ends in a class of characters");
        }

        if (!char.IsHighSurrogate(to[0]))
        {
            basic.Append(from).Append('-').Append(to);
            return;
        }

        int start = char.IsHighSurrogate(from[0]) ? char.ConvertToUtf32(from, 0) : 0x10000;
        _ = char.IsHighSurrogate(from[0]) ? basic : basic.Append(from).Append(@"-\uFFFF");
        AddRange(beyond, start, char.ConvertToUtf32(to, 0));
    }

    private static bool Add(List<string> list, string item)
    {
        list.Add(item);
        return true;
    }

    private static void AddRange(List<string> beyond, int from, int to)
    {
        for (int block = from; block <= to; block = (block | 0x3FF) + 1)
        {
            string first = char.ConvertFromUtf32(block),
                last = char.ConvertFromUtf32(Math.Min(to, block | 0x3FF));
            beyond.Add($"{first[0]}[{first[1]}-{last[1]}]");
        }
    }

    /// <summary>One member of a set, written for .NET; false for <paramref name="single"/> where it is a class of
    /// characters.</summary>
    private string Character(out bool single)
    {
        char c = pattern[at++];
        single = true;
        if (c == '\\' && at < pattern.Length)
        {
            char escaped = pattern[at++];
            single = escaped is not ('w' or 's' or 'd' or 'W' or 'S' or 'D');
            return escaped switch
            {
                'w' => Word,
                's' => Space,
                'W' => NoWord,
                'U' => LongCharacter(),
                'x' => Numbered('x', 2),
                'u' => Numbered('u', 4),
                _ => $"\\{escaped}",
            };
        }

        return char.IsHighSurrogate(c) && at < pattern.Length ? $"{c}{pattern[at++]}"
            : c is '[' or ']' ? $"\\{c}"
            : c.ToString();
    }

    private string Numbered(char kind, int digits)
    {
        string hexadecimal = at + digits <= pattern.Length ? pattern[at..(at + digits)] : "";
        at += hexadecimal.Length;
        return $@"\{kind}{hexadecimal}";
    }
}
