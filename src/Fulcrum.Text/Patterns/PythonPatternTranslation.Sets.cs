using System.Text;

namespace Fulcrum.Patterns;

/// <content>Translates sets of characters in brackets.</content>
internal sealed partial class PythonPatternTranslation
{
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
            if (from.Length == 2 && char.IsHighSurrogate(from[0]))
            {
                beyond.Add(from);
            }
            else
            {
                basic.Append(from);
            }

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

        int start = 0x10000;
        if (char.IsHighSurrogate(from[0]))
        {
            start = char.ConvertToUtf32(from, 0);
        }
        else
        {
            basic.Append(from).Append(@"-\uFFFF");
        }

        AddRange(beyond, start, char.ConvertToUtf32(to, 0));
    }

    // .NET matches code units, so a range is written per high surrogate: 1,024 characters each.
    private static void AddRange(List<string> beyond, int from, int to)
    {
        for (int block = from; block <= to; block = (block | 0x3FF) + 1)
        {
            string first = char.ConvertFromUtf32(block),
                last = char.ConvertFromUtf32(Math.Min(to, block | 0x3FF));
            beyond.Add($"{first[0]}[{first[1]}-{last[1]}]");
        }
    }

    /// <summary>Reads one member of a set and returns it in .NET's syntax.</summary>
    /// <param name="single">False if it is a class of characters, such as <c>\w</c>.</param>
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
