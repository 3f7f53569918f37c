using System.Text;
using System.Text.RegularExpressions;

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
    private readonly Func<CharacterClass, string> write;
    private readonly StringBuilder result = new();
    private readonly Dictionary<string, CharacterClass> classes = new(StringComparer.Ordinal);
    private readonly HashSet<char> literals = [];

    // The index of the next character of the pattern.
    private int position;

    // The index in the result of the last atom: the character, set or group that a repetition would repeat.
    private int atom;

    private bool ignoresCase;

    // The atom that was repeated last, and the number of groups that its repetitions have put around it.
    private int repeatedAtom = -1,
        repetitions;

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
        while (translation.position < pattern.Length)
        {
            translation.TranslateNext();
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

    private char Next => Peek(0);

    private ReadOnlySpan<char> Remaining => pattern.AsSpan(position);

    // Returns a character after the current position; '\0' after the end.
    private char Peek(int distance) => position + distance < pattern.Length ? pattern[position + distance] : '\0';

    // Skips the next character if it is the given one.
    private bool Skip(char character)
    {
        bool found = Next == character;
        position += found ? 1 : 0;
        return found;
    }

    private void TranslateNext()
    {
        char c = pattern[position++];
        switch (c)
        {
            case '(':
                OpenGroup();
                break;
            case ')':
                CloseGroup();
                break;
            case '*' or '+' or '?':
                Repeat(c.ToString());
                break;
            case '{' when ReadBounds() is { } bounds:
                Repeat(bounds);
                break;
            case '[':
                AppendSet(ReadBracket());
                break;
            case '\\':
                TranslateEscape();
                break;
            case '|' or '^' or '$' or '.':
                AppendAtom(c.ToString());
                break;
            default:
                position--;
                AppendLiteral(ReadCodePoint());
                break;
        }
    }

    private int ReadCodePoint()
    {
        if (!char.IsSurrogate(Next))
        {
            return pattern[position++];
        }

        int character = char.IsSurrogatePair(Next, Peek(1))
            ? char.ConvertToUtf32(Next, Peek(1))
            : throw new ArgumentException("the pattern has a lone surrogate");
        position += 2;
        return character;
    }

    private void AppendAtom(string text)
    {
        atom = result.Length;
        result.Append(text);
    }

    private void AppendSet(CharacterClass set)
    {
        Register(set);
        AppendAtom(write(set));
    }

    private void Register(CharacterClass set) => classes.TryAdd($"{set.Text}{set.Far}", set);

    private void AppendLiteral(int character)
    {
        // A character beyond the basic plane is two UTF-16 units in .NET, so it is written as a set of one.
        if (character >= 0x10000)
        {
            AppendSet(CaseChecked(CharacterClass.Of(character)));
            return;
        }

        char c = (char)character;
        literals.Add(c);
        // Oniguruma's flag i equates ſ with s, .NET's does not.
        bool isAnyS = ignoresCase && c is 's' or 'S' or 'ſ';
        AppendAtom(
            isAnyS ? "[sSſ]"
            : char.IsAsciiLetterOrDigit(c) ? c.ToString()
            : $@"\u{character:x4}"
        );
    }

    private CharacterClass CaseChecked(CharacterClass set) =>
        ignoresCase && set.Far is not null
            ? throw new ArgumentException("characters beyond the basic plane under the flag i are not supported")
            : set;

    // Reads the bounds of a repetition after its brace; null if the brace is a literal.
    private string? ReadBounds()
    {
        Match bounds = BoundsAndBrace().Match(pattern, position);
        if (!bounds.Success)
        {
            return null;
        }

        position += bounds.Length;
        // .NET has no bounds without a minimum.
        return (bounds.Value.StartsWith(',') ? "{0" : "{") + bounds.Value;
    }

    private void Repeat(string times)
    {
        if (Skip('+'))
        {
            RepeatAtomically(times);
            return;
        }

        result.Append(times);
        if (Skip('?'))
        {
            result.Append('?');
        }
    }

    /// <summary>Translates a repetition with a plus after it. The plus makes <c>*</c>, <c>+</c> and <c>?</c>
    /// possessive. After bounds, as in <c>{1,2}+</c>, it repeats the repetition.</summary>
    private void RepeatAtomically(string times)
    {
        repetitions = atom == repeatedAtom ? repetitions + 1 : 1;
        repeatedAtom = atom;
        Limit(repetitions, MostNesting, "repetitions of one part");
        bool isPossessive = !times.StartsWith('{');
        result.Insert(atom, isPossessive ? "(?>" : "(?:").Append(times).Append(isPossessive ? ")" : ")+");
    }

    private void TranslateEscape()
    {
        if (position == pattern.Length)
        {
            throw new ArgumentException("a backslash ends the pattern");
        }

        if (ReadSetEscape() is { } set)
        {
            AppendSet(set);
        }
        else if (ReadCharacterEscape() is { } character)
        {
            AppendLiteral(character);
        }
        else
        {
            char c = pattern[position++];
            AppendAtom(
                c switch
                {
                    'b' => WordEdge(),
                    'B' => $"(?!{WordEdge()})",
                    'R' => LineEnd,
                    'A' or 'z' or 'Z' or 'G' or (>= '1' and <= '9') => $@"\{c}",
                    _ => throw new ArgumentException($@"the escape \{c} is not supported"),
                }
            );
        }
    }

    // .NET's \b has other word characters.
    private string WordEdge()
    {
        Register(CharacterClass.Word);
        string word = write(CharacterClass.Word);
        return $"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))";
    }

    [GeneratedRegex(@"\G(?:[0-9]+(?:,[0-9]*)?|,[0-9]+)\}")]
    private static partial Regex BoundsAndBrace();
}
