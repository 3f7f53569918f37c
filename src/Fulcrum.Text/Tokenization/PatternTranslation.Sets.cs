using System.Globalization;

namespace Fulcrum.Tokenization;

/// <content>Reads escapes and sets of characters.</content>
internal sealed partial class PatternTranslation
{
    /// <summary>Reads the set after a backslash; null if there is none.</summary>
    private CharacterClass? SetOf()
    {
        char c = Next;
        if (
            c is 'p' or 'P'
            && at + 1 < pattern.Length
            && pattern[at + 1] == '{'
            && pattern.IndexOf('}', at) is > 0 and var end
        )
        {
            string name = pattern[(at + 2)..end];
            bool not = (c == 'P') != name.StartsWith('^');
            CharacterClass set =
                CharacterClass.Property(name.TrimStart('^'))
                ?? throw new ArgumentException($@"the property {name} is not supported");
            at = end + 1;
            return !not
                ? set
                : set.Not(
                    set.Inside is { } inside && inside.StartsWith(@"\p", StringComparison.Ordinal)
                        ? @"\P" + inside[2..]
                        : null
                );
        }

        CharacterClass? known = CharacterClass.OfEscape(c);
        at += known is null ? 0 : 1;
        return known;
    }

    /// <summary>Reads the single character after a backslash; null if there is none.</summary>
    private int? Character()
    {
        char c = Next;
        if (c is 'x' or 'u' && Number(c) is { } number)
        {
            return number;
        }

        if (char.IsSurrogate(c))
        {
            return CodePoint();
        }

        int? plain = c switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => 0x1b,
            '0' => 0,
            _ => char.IsAsciiLetterOrDigit(c) ? null : c,
        };
        at += plain is null ? 0 : 1;
        return plain;
    }

    private int? Number(char kind)
    {
        bool braces = at + 1 < pattern.Length && pattern[at + 1] == '{';
        int start = at + (braces ? 2 : 1),
            end = braces ? pattern.IndexOf('}', at) : Math.Min(start + (kind == 'u' ? 4 : 2), pattern.Length);
        if (
            end < start
            || !int.TryParse(
                pattern.AsSpan(start, end - start),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out int value
            )
        )
        {
            return null;
        }

        at = end + (braces ? 1 : 0);
        return value is >= 0 and <= 0x10ffff ? value : throw new ArgumentException($"there is no character {value:x}");
    }

    /// <summary>Reads the set of a bracket whose opening was read already.</summary>
    private CharacterClass Bracket()
    {
        bool not = Next == '^';
        at += not ? 1 : 0;
        Limit(++brackets, MostNesting, "classes within each other");
        CharacterClass? both = null;
        int intersections = 0;
        List<CharacterClass> members = [];
        for (bool first = true; Next != ']' || first; first = false)
        {
            if (at >= pattern.Length)
            {
                throw new ArgumentException("a class is not closed");
            }

            if (pattern.AsSpan(at).StartsWith("&&"))
            {
                at += 2;
                Limit(++intersections, MostNesting, "intersections in a class");
                both = both is null ? CharacterClass.Union(members) : both.And(CharacterClass.Union(members));
                members = [];
            }
            else
            {
                members.Add(Member());
            }
        }

        at++;
        brackets--;
        CharacterClass set = CharacterClass.Union(members);
        set = both is null ? set : both.And(set);
        return !not ? set : set.Not(set.Inside is null ? null : "^" + set.Inside);
    }

    private CharacterClass Member()
    {
        Limit(++memberCount, MostMembers, "members of classes");
        if (Next == '[')
        {
            at++;
            if (Next == ':' && pattern.IndexOf(":]", at, StringComparison.Ordinal) is > 0 and var end)
            {
                string name = pattern[(at + 1)..end];
                at = end + 2;
                CharacterClass set =
                    CharacterClass.Posix(name.TrimStart('^'))
                    ?? throw new ArgumentException($"the class [:{name}:] is not supported");
                return name.StartsWith('^') ? set.Not() : set;
            }

            CharacterClass inner = Bracket();
            return inner.Inside is { } text && text.StartsWith('^') ? inner with { Inside = null } : inner;
        }

        int from = at;
        if (Next == '\\')
        {
            at++;
            if (SetOf() is { } set)
            {
                return set == CharacterClass.Word ? CharacterClass.Posix("word")!
                    : set == CharacterClass.NoWord ? CharacterClass.Posix("word")!.Not()
                    : set;
            }
        }

        int first = One(from),
            last = Next == '-' && at + 1 < pattern.Length && pattern[at + 1] is not (']' or '[')
                ? LastOf(first)
                : first;
        CharacterClass range =
            last >= first
                ? CaseChecked(CharacterClass.Range(first, last))
                : throw new ArgumentException($"the range {pattern[from..at]} runs backwards");
        return ignoresCase && (range.Contains('s') || range.Contains('S'))
            ? CharacterClass.Union([range, CharacterClass.Of('ſ')])
            : range;
    }

    // A minus before a set, as in [a-\d], is a literal.
    private int LastOf(int first)
    {
        int minus = at++,
            from = at;
        if (
            Next == '\\'
            && at + 1 < pattern.Length
            && (pattern[at + 1] is 'p' or 'P' || CharacterClass.OfEscape(pattern[at + 1]) is not null)
        )
        {
            at = minus;
            return first;
        }

        at += Next == '\\' ? 1 : 0;
        return One(from);
    }

    private int One(int from)
    {
        if (at == from)
        {
            return CodePoint();
        }

        if (Next == 'b')
        {
            at++;
            return '\b';
        }

        return Character() ?? throw new ArgumentException($@"the escape \{Next} is not supported in a class");
    }
}
