using System.Globalization;

namespace Fulcrum.Tokenization;

/// <content>Reads escapes and sets of characters.</content>
internal sealed partial class PatternTranslation
{
    private int openBrackets,
        memberCount;

    /// <summary>Reads a set after a backslash, such as <c>d</c> or <c>p{L}</c>; null if there is none.</summary>
    private CharacterClass? ReadSetEscape()
    {
        if (ReadProperty() is { } property)
        {
            return property;
        }

        CharacterClass? set = CharacterClass.OfEscape(Next);
        position += set is null ? 0 : 1;
        return set;
    }

    /// <summary>Reads <c>p{L}</c>, or the complement <c>P{L}</c> or <c>p{^L}</c>; null if there is none.</summary>
    private CharacterClass? ReadProperty()
    {
        bool isProperty = Next is 'p' or 'P' && Peek(1) == '{';
        int end = isProperty ? pattern.IndexOf('}', position) : -1;
        if (end < 0)
        {
            return null;
        }

        string name = pattern[(position + 2)..end];
        bool isComplement = (Next == 'P') != name.StartsWith('^');
        CharacterClass set =
            CharacterClass.Property(name.TrimStart('^'))
            ?? throw new ArgumentException($@"the property {name} is not supported");
        position = end + 1;
        if (!isComplement)
        {
            return set;
        }

        bool isNetProperty = set.Inside?.StartsWith(@"\p", StringComparison.Ordinal) == true;
        return set.Not(isNetProperty ? @"\P" + set.Inside![2..] : null);
    }

    /// <summary>Reads a single character after a backslash; null if there is none.</summary>
    private int? ReadCharacterEscape()
    {
        char c = Next;
        if (c is 'x' or 'u' && ReadHexadecimal() is { } number)
        {
            return number;
        }

        if (char.IsSurrogate(c))
        {
            return ReadCodePoint();
        }

        int? character = c switch
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
        position += character is null ? 0 : 1;
        return character;
    }

    /// <summary>Reads <c>x41</c>, <c>u0041</c>, <c>x{41}</c> or <c>u{41}</c>; null if there are no digits.</summary>
    private int? ReadHexadecimal()
    {
        bool hasBraces = Peek(1) == '{';
        int start = position + (hasBraces ? 2 : 1);
        int digits = Next == 'u' ? 4 : 2;
        int end = hasBraces ? pattern.IndexOf('}', position) : Math.Min(start + digits, pattern.Length);
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

        position = end + (hasBraces ? 1 : 0);
        return value is >= 0 and <= 0x10ffff ? value : throw new ArgumentException($"there is no character {value:x}");
    }

    /// <summary>Reads the set of a bracket after its opening.</summary>
    private CharacterClass ReadBracket()
    {
        bool isComplement = Skip('^');
        Limit(++openBrackets, MostNesting, "classes within each other");
        CharacterClass? intersection = null; // of the parts before the last &&
        List<CharacterClass> members = [];
        int intersections = 0;
        // A closing bracket in the first place is a member.
        for (bool isFirst = true; isFirst || Next != ']'; isFirst = false)
        {
            if (position >= pattern.Length)
            {
                throw new ArgumentException("a class is not closed");
            }

            if (Remaining.StartsWith("&&"))
            {
                position += 2;
                Limit(++intersections, MostNesting, "intersections in a class");
                intersection = WithMembers();
                members = [];
            }
            else
            {
                members.Add(ReadMember());
            }
        }

        position++;
        openBrackets--;
        CharacterClass set = WithMembers();
        return isComplement ? set.Not(set.Inside is null ? null : "^" + set.Inside) : set;

        CharacterClass WithMembers()
        {
            CharacterClass union = CharacterClass.Union(members);
            return intersection is null ? union : intersection.And(union);
        }
    }

    private CharacterClass ReadMember()
    {
        Limit(++memberCount, MostMembers, "members of classes");
        if (Skip('['))
        {
            return ReadPosixClass() ?? ReadInnerBracket();
        }

        int start = position;
        bool isEscaped = Skip('\\');
        if (isEscaped && ReadSetEscape() is { } set)
        {
            return InBracket(set);
        }

        int first = ReadEndpoint(isEscaped);
        int last = ReadRangeEnd() ?? first;
        CharacterClass range =
            last >= first
                ? CaseChecked(CharacterClass.Range(first, last))
                : throw new ArgumentException($"the range {pattern[start..position]} runs backwards");
        // Oniguruma's flag i equates ſ with s, .NET's does not.
        bool hasAnyS = ignoresCase && (range.Contains('s') || range.Contains('S'));
        return hasAnyS ? CharacterClass.Union([range, CharacterClass.Of('ſ')]) : range;
    }

    /// <summary>Reads <c>:name:]</c> or <c>:^name:]</c> after the opening bracket; null if there is none.</summary>
    private CharacterClass? ReadPosixClass()
    {
        int end = Next == ':' ? pattern.IndexOf(":]", position, StringComparison.Ordinal) : -1;
        if (end < 0)
        {
            return null;
        }

        string name = pattern[(position + 1)..end];
        position = end + 2;
        CharacterClass set =
            CharacterClass.Posix(name.TrimStart('^'))
            ?? throw new ArgumentException($"the class [:{name}:] is not supported");
        return name.StartsWith('^') ? set.Not() : set;
    }

    // .NET has no complement within a bracket, so the inner bracket is written as ranges.
    private CharacterClass ReadInnerBracket()
    {
        CharacterClass set = ReadBracket();
        return set.Inside?.StartsWith('^') == true ? set with { Inside = null } : set;
    }

    // Within a bracket, Oniguruma's \w lacks the superscripts and fractions that it has outside.
    private static CharacterClass InBracket(CharacterClass set) =>
        set == CharacterClass.Word ? CharacterClass.Posix("word")!
        : set == CharacterClass.NoWord ? CharacterClass.Posix("word")!.Not()
        : set;

    /// <summary>Reads a minus and the last character of a range; null if there is no range.</summary>
    private int? ReadRangeEnd()
    {
        bool hasEnd = Next == '-' && position + 1 < pattern.Length && Peek(1) is not (']' or '[');
        // A minus before a set, as in [a-\d], is a literal.
        bool isSet = Peek(1) == '\\' && (Peek(2) is 'p' or 'P' || CharacterClass.OfEscape(Peek(2)) is not null);
        if (!hasEnd || isSet)
        {
            return null;
        }

        position++;
        return ReadEndpoint(isEscaped: Skip('\\'));
    }

    private int ReadEndpoint(bool isEscaped)
    {
        if (!isEscaped)
        {
            return ReadCodePoint();
        }

        if (Skip('b'))
        {
            return '\b';
        }

        return ReadCharacterEscape() ?? throw new ArgumentException($@"the escape \{Next} is not supported in a class");
    }
}
