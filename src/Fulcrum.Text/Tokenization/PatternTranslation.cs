using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>Translates a pattern from Oniguruma's syntax to .NET's.</summary>
/// <remarks>The two differ in the meaning of <c>\w</c>, <c>\h</c> and <c>\b</c>, in nested classes and their
/// intersections, in possessive quantifiers, in the flag that lets a dot match a line end, and in the characters that
/// equal s when case is ignored. A pattern without an exact translation is an
/// <see cref="ArgumentException"/>.</remarks>
internal sealed partial class PatternTranslation
{
    // Patterns are untrusted input. .NET's parser and nested sets recurse, so large and deep patterns are refused
    // first.
    private const int MostCharacters = 1 << 16,
        MostNesting = 64,
        MostMembers = 2048;
    private const string LineEnd = @"(?>\r\n|[\n-\r\u0085\u2028\u2029])";
    private readonly string pattern;
    private readonly StringBuilder result = new();
    private readonly Stack<(int Start, bool IgnoresCase)> groups = new();
    private readonly Dictionary<string, CharacterClass> classes = new(StringComparer.Ordinal);
    private readonly HashSet<char> literals = [];
    private bool ignoresCase;
    private int at,
        atom,
        brackets,
        memberCount,
        wraps;
    private int wrapped = -1;

    private readonly Func<CharacterClass, string> write;

    private PatternTranslation(string pattern, Func<CharacterClass, string> write) =>
        (this.pattern, this.write) = (pattern, write);

    /// <summary>The pattern for .NET.</summary>
    public string Text => result.ToString();

    /// <summary>Every set of characters in it.</summary>
    public IReadOnlyCollection<CharacterClass> Classes => classes.Values;

    /// <summary>Every literal character of the pattern.</summary>
    public IReadOnlySet<char> Literals => literals;

    /// <summary>Translates a pattern.</summary>
    /// <param name="write">How a set of characters is written; null: by its
    /// <see cref="CharacterClass.Text"/>.</param>
    /// <exception cref="ArgumentException">It has no exact translation.</exception>
    public static PatternTranslation Of(string pattern, Func<CharacterClass, string>? write = null)
    {
        Limit(pattern.Length, MostCharacters, "characters");
        PatternTranslation translation = new(pattern, write ?? (set => set.Text));
        while (translation.at < pattern.Length)
        {
            translation.Part();
        }

        return translation;
    }

    private static void Limit(int count, int most, string what)
    {
        if (count > most)
        {
            throw new ArgumentException($"more than {most:N0} {what} are not supported");
        }
    }

    private char Next => at < pattern.Length ? pattern[at] : '\0';

    private void Part()
    {
        char c = pattern[at++];
        switch (c)
        {
            case '(':
                Open();
                break;
            case ')':
                result.Append(')');
                (atom, ignoresCase) = groups.Count > 0 ? groups.Pop() : (atom, ignoresCase);
                break;
            case '*' or '+' or '?':
                Repeat(c.ToString());
                break;
            case '{' when Bounds() is { } bounds:
                Repeat(bounds);
                break;
            case '[':
                Atom(Bracket());
                break;
            case '\\':
                Escape();
                break;
            case '|' or '^' or '$' or '.':
                atom = result.Length;
                result.Append(c);
                break;
            default:
                at--;
                Literal(CodePoint());
                break;
        }
    }

    // Reads the character at the current position.
    private int CodePoint()
    {
        if (!char.IsSurrogate(pattern[at]))
        {
            return pattern[at++];
        }

        int character =
            at + 1 < pattern.Length && char.IsSurrogatePair(pattern[at], pattern[at + 1])
                ? char.ConvertToUtf32(pattern[at], pattern[at + 1])
                : throw new ArgumentException("the pattern has a lone surrogate");
        at += 2;
        return character;
    }

    private CharacterClass CaseChecked(CharacterClass set) =>
        ignoresCase && set.Far is not null
            ? throw new ArgumentException("characters beyond the basic plane under the flag i are not supported")
            : set;

    private void Atom(CharacterClass set)
    {
        Know(set);
        atom = result.Length;
        result.Append(write(set));
    }

    private void Know(CharacterClass set) => classes.TryAdd($"{set.Text}{set.Far}", set);

    // A character beyond the basic plane is a set of one.
    private void Literal(int character)
    {
        if (character >= 0x10000)
        {
            Atom(CaseChecked(CharacterClass.Of(character)));
            return;
        }

        char c = (char)character;
        atom = result.Length;
        literals.Add(c);
        result.Append(
            ignoresCase && c is 's' or 'S' or 'ſ' ? "[sSſ]"
            : char.IsAsciiLetterOrDigit(c) ? c.ToString()
            : $@"\u{(int)c:x4}"
        );
    }

    private void Raw(string text)
    {
        atom = result.Length;
        result.Append(text);
    }

    private void Open()
    {
        Limit(groups.Count + 1, MostNesting, "groups within each other");
        int end = pattern.AsSpan(at).IndexOfAny(':', ')');
        string flags = end > 0 && Next == '?' ? pattern[(at + 1)..(at + end)] : "";
        if (flags.Contains('x', StringComparison.Ordinal) && flags.All(f => f is 'i' or 'm' or 'x' or '-'))
        {
            throw new ArgumentException("the flag x is not supported");
        }

        if (flags.Length > 0 && flags.All(f => f is 'i' or 'm' or '-'))
        {
            bool closes = pattern[at + end] == ')',
                off =
                    flags.IndexOf('-', StringComparison.Ordinal) is >= 0 and var dash
                    && flags.IndexOf('i', StringComparison.Ordinal) > dash;
            if (!closes)
            {
                groups.Push((result.Length, ignoresCase));
            }

            ignoresCase = off ? false : ignoresCase || flags.Contains('i', StringComparison.Ordinal);
            // Oniguruma's m lets a dot match a line end
            result.Append("(?").Append(flags.Replace('m', 's')).Append(closes ? ')' : ':');
            at += end + 1;
            return;
        }

        groups.Push((result.Length, ignoresCase));
        int name =
            Next != '?' ? 0
            : pattern.AsSpan(at).StartsWith("?<")
            && !pattern.AsSpan(at).StartsWith("?<=")
            && !pattern.AsSpan(at).StartsWith("?<!")
                ? pattern.AsSpan(at).IndexOf('>') + 1
            : pattern.AsSpan(at).StartsWith("?<") ? 3
            : 2;
        name = Math.Min(name, pattern.Length - at);
        result.Append('(').Append(pattern, at, name);
        at += name;
    }

    // Reads the bounds of a repetition after its brace; null if the brace is a literal.
    private string? Bounds()
    {
        int end = pattern.IndexOf('}', at);
        string inside = end < 0 ? "" : pattern[at..end];
        if (
            inside.Length == 0
            || inside == ","
            || !inside.All(c => char.IsAsciiDigit(c) || c == ',')
            || inside.Count(c => c == ',') > 1
        )
        {
            return null;
        }

        at = end + 1;
        return inside[0] == ',' ? $"{{0{inside}}}" : $"{{{inside}}}";
    }

    private void Repeat(string times)
    {
        if (Next == '+')
        {
            at++;
            wraps = atom == wrapped ? wraps + 1 : 1;
            wrapped = atom;
            Limit(wraps, MostNesting, "repetitions of one part");
            bool possessive = times[0] != '{'; // {1,2}+ repeats a repetition
            result.Insert(atom, possessive ? "(?>" : "(?:").Append(times).Append(possessive ? ")" : ")+");
        }
        else
        {
            result.Append(times);
            if (Next == '?')
            {
                result.Append('?');
                at++;
            }
        }
    }

    private void Escape()
    {
        char c = at < pattern.Length ? pattern[at] : throw new ArgumentException("a backslash ends the pattern");
        if (SetOf() is { } set)
        {
            Atom(set);
        }
        else if (Character() is { } one)
        {
            Literal(one);
        }
        else
        {
            at++;
            switch (c)
            {
                case 'b' or 'B':
                    string word = write(CharacterClass.Word),
                        edge = $"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))";
                    Know(CharacterClass.Word);
                    Raw(c == 'b' ? edge : $"(?!{edge})");
                    break;
                case 'R':
                    Raw(LineEnd);
                    break;
                case 'A' or 'z' or 'Z' or 'G' or (>= '1' and <= '9'):
                    Raw($@"\{c}");
                    break;
                default:
                    throw new ArgumentException($@"the escape \{c} is not supported");
            }
        }
    }
}
