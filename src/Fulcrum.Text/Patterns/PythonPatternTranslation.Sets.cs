using System.Text;

namespace Fulcrum.Patterns;

/// <content>Translates sets of characters in brackets.</content>
internal sealed partial class PythonPatternTranslation
{
    private void Set()
    {
        at++;
        bool isNegated = at < pattern.Length && pattern[at] == '^';
        at += isNegated ? 1 : 0;
        StringBuilder basic = new();
        List<string> pairs = [];
        // A closing bracket in the first place is a member.
        bool isFirst = true;
        for (; at < pattern.Length && (pattern[at] != ']' || isFirst); isFirst = false)
        {
            Member(basic, pairs);
        }

        if (at >= pattern.Length)
        {
            throw new ArgumentException("a set of characters has no end");
        }

        at++;
        string joined = string.Join('|', pairs);
        result.Append(isNegated ? Complement($"{basic}", joined) : Union($"{basic}", joined));
    }

    /// <summary>Writes the set of members of the basic plane and of surrogate pairs.</summary>
    private static string Union(string basic, string pairs) =>
        pairs.Length == 0 ? $"[{basic}]"
        : basic.Length > 0 ? $"(?:[{basic}]|{pairs})"
        : $"(?:{pairs})";

    /// <summary>Writes all other characters: pairs that are no members, and single code units.</summary>
    private static string Complement(string basic, string pairs)
    {
        string noMember = pairs.Length > 0 ? $"(?!{pairs})" : "";
        return $@"(?:{noMember}{Pair}|[^{basic}\uD800-\uDFFF])";
    }

    /// <summary>Reads a member or a range of a set.</summary>
    /// <param name="basic">Gets what belongs to the basic plane.</param>
    /// <param name="pairs">Gets surrogate pairs.</param>
    private void Member(StringBuilder basic, List<string> pairs)
    {
        string first = Character(out bool isSingle);
        bool isRange = isSingle && at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']';
        if (isRange)
        {
            at++;
            Range(first, basic, pairs);
        }
        else if (first.Length == 2 && char.IsHighSurrogate(first[0]))
        {
            pairs.Add(first);
        }
        else
        {
            basic.Append(first);
        }
    }

    private void Range(string first, StringBuilder basic, List<string> pairs)
    {
        string last = Character(out bool isSingle);
        if (!isSingle)
        {
            throw new ArgumentException("a range ends in a class of characters");
        }

        if (!char.IsHighSurrogate(last[0]))
        {
            basic.Append(first).Append('-').Append(last);
            return;
        }

        int start = 0x10000;
        if (char.IsHighSurrogate(first[0]))
        {
            start = char.ConvertToUtf32(first, 0);
        }
        else
        {
            basic.Append(first).Append(@"-\uFFFF");
        }

        AddRange(pairs, start, char.ConvertToUtf32(last, 0));
    }

    // .NET matches code units, so a range is written per high surrogate: 1,024 characters each.
    private static void AddRange(List<string> pairs, int from, int to)
    {
        for (int block = from; block <= to; block = (block | 0x3FF) + 1)
        {
            string first = char.ConvertFromUtf32(block),
                last = char.ConvertFromUtf32(Math.Min(to, block | 0x3FF));
            pairs.Add($"{first[0]}[{first[1]}-{last[1]}]");
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
