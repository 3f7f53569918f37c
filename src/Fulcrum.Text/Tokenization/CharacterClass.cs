using System.Globalization;
using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>A set of characters in a pattern: an escape such as <c>\p{L}</c>, or a bracket.</summary>
/// <param name="Contains">Returns whether a code point is in the set.</param>
/// <param name="Inside">The set in .NET's syntax, without the brackets around it; null if it must be written as
/// ranges.</param>
/// <param name="Far">Describes the characters beyond the basic plane that the pattern names explicitly; null for none.
/// Together with <see cref="Text"/> it identifies the set.</param>
internal sealed record CharacterClass(Func<int, bool> Contains, string? Inside, string? Far = null)
{
    // Oniguruma's word characters. Those of WordOnly belong to \w but not to [[:word:]].
    private const string WordInside = @"\p{L}\p{M}\p{Nd}\p{Pc}\p{Nl}\u24b6-\u24e9",
        WordOnly = @"\u00b2\u00b3\u00b9\u00bc-\u00be";

    // The characters of the script Han, those of the basic plane first.
    private static readonly (int First, int Last)[] HanRanges =
    [
        (0x2e80, 0x2e99),
        (0x2e9b, 0x2ef3),
        (0x2f00, 0x2fd5),
        (0x3005, 0x3005),
        (0x3007, 0x3007),
        (0x3021, 0x3029),
        (0x3038, 0x303b),
        (0x3400, 0x4dbf),
        (0x4e00, 0x9fff),
        (0xf900, 0xfa6d),
        (0xfa70, 0xfad9),
        (0x16fe2, 0x16fe3),
        (0x16ff0, 0x16ff1),
        (0x20000, 0x2a6df),
        (0x2a700, 0x2b739),
        (0x2b740, 0x2b81d),
        (0x2b820, 0x2cea1),
        (0x2ceb0, 0x2ebe0),
        (0x2ebf0, 0x2ee5d),
        (0x2f800, 0x2fa1d),
        (0x30000, 0x323af),
    ];

    private static readonly Dictionary<string, UnicodeCategory[]> Categories = MakeCategories();

    /// <summary><c>\w</c>.</summary>
    public static CharacterClass Word { get; } =
        new(c => IsWord(c) || c is 0xb2 or 0xb3 or 0xb9 or (>= 0xbc and <= 0xbe), WordInside + WordOnly);

    /// <summary><c>\W</c>.</summary>
    public static CharacterClass NoWord { get; } = Word.Not("^" + Word.Inside);

    /// <summary>The set as an atom of .NET's patterns.</summary>
    public string Text => $"[{Members}]";

    /// <summary>The members within the basic plane as they stand in .NET's brackets; empty if there are none.</summary>
    public string Members => Inside ?? Ranges();

    /// <summary>Returns the complement.</summary>
    public CharacterClass Not(string? inside = null) =>
        new(c => !Contains(c), inside == "^" ? null : inside, Far is null ? null : $"^({Far})");

    /// <summary>Returns the set of a single character.</summary>
    public static CharacterClass Of(int character) => Range(character, character);

    /// <summary>Returns the set of all characters from one to another.</summary>
    public static CharacterClass Range(int first, int last) =>
        new(
            c => c >= first && c <= last,
            first >= 0x10000 ? ""
                : first == last ? Written(first)
                : $"{Written(first)}-{Written(Math.Min(last, 0xffff))}",
            last >= 0x10000 ? $"{first:x}-{last:x}" : null
        );

    /// <summary>Returns the union of several sets.</summary>
    public static CharacterClass Union(IReadOnlyList<CharacterClass> sets) =>
        new(
            c => sets.Any(s => s.Contains(c)),
            sets.All(s => s.Inside is not null) ? string.Concat(sets.Select(s => s.Inside)) : null,
            sets.Any(s => s.Far is not null) ? string.Join('|', sets.Select(s => s.Far)) : null
        );

    /// <summary>Returns the intersection of two sets.</summary>
    public CharacterClass And(CharacterClass other) =>
        new(
            c => Contains(c) && other.Contains(c),
            null,
            Far is null && other.Far is null ? null : $"({Far})&({other.Far})"
        );

    /// <summary>Returns the set of an escape such as <c>\d</c>; null if the letter is not one of a set.</summary>
    public static CharacterClass? OfEscape(char letter) =>
        letter switch
        {
            's' => new(IsSpace, @"\s"),
            'S' => new CharacterClass(IsSpace, @"\s").Not(@"\S"),
            'd' => Property("Nd"),
            'D' => Property("Nd")!.Not(@"\P{Nd}"),
            'w' => Word,
            'W' => NoWord,
            'h' => Hex,
            'H' => Hex.Not(),
            _ => null,
        };

    /// <summary>Returns the set of a Unicode property by its name in braces; null if it is not supported
    /// exactly.</summary>
    public static CharacterClass? Property(string name) =>
        name.Equals("han", StringComparison.OrdinalIgnoreCase) ? Han
        : Categories.TryGetValue(name.ToLowerInvariant(), out UnicodeCategory[]? categories)
            ? new(
                c => categories.Contains(CategoryOf(c)),
                $@"\p{{{char.ToUpperInvariant(name[0])}{name[1..].ToLowerInvariant()}}}"
            )
        : null;

    /// <summary>Returns the set of a POSIX name in <c>[:brackets:]</c>; null if it is not supported exactly.</summary>
    public static CharacterClass? Posix(string name) =>
        name switch
        {
            "space" => OfEscape('s'),
            "digit" => Property("Nd"),
            "xdigit" => Hex,
            "word" => new(IsWord, WordInside),
            "punct" => Union([Property("P")!, Property("S")!]),
            "blank" => Union([Property("Zs")!, Of('\t')]),
            "cntrl" => Property("Cc"),
            "ascii" => Range(0, 127),
            _ => null,
        };

    private static CharacterClass Hex => new(c => c < 128 && char.IsAsciiHexDigit((char)c), "0-9a-fA-F");

    private static CharacterClass Han =>
        new(
            c => HanRanges.Any(r => c >= r.First && c <= r.Last),
            string.Concat(HanRanges.Select(r => Range(r.First, r.Last).Inside))
        );

    /// <summary>A letter, mark, digit, letter number, connector or letter in a circle or square.</summary>
    public static bool IsWord(int c) =>
        CategoryOf(c)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.ConnectorPunctuation
                or UnicodeCategory.LetterNumber
        || c
            is (>= 0x24b6 and <= 0x24e9)
                or (>= 0x1f130 and <= 0x1f149)
                or (>= 0x1f150 and <= 0x1f169)
                or (>= 0x1f170 and <= 0x1f189);

    private static bool IsSpace(int c) => c < 0x10000 && char.IsWhiteSpace((char)c);

    private static UnicodeCategory CategoryOf(int c) => CharUnicodeInfo.GetUnicodeCategory(c);

    private static string Written(int c) => $@"\u{c:x4}";

    private string Ranges()
    {
        StringBuilder ranges = new();
        for (int first = 0; first < 0x10000; first++)
        {
            int last = first - 1;
            while (last < 0xffff && Contains(last + 1))
            {
                last++;
            }

            if (last >= first)
            {
                ranges.Append(Range(first, last).Inside);
                first = last;
            }
        }

        return ranges.Length > 0 || Far is not null
            ? ranges.ToString()
            : throw new ArgumentException("a class that holds no character is not supported");
    }

    // Unicode's short names of the categories, and the first letters that stand for several of them.
    private static Dictionary<string, UnicodeCategory[]> MakeCategories()
    {
        // In the order of UnicodeCategory.
        string[] names =
            "lu ll lt lm lo mn mc me nd nl no zs zl zp cc cf cs co pc pd ps pe pi pf po sm sc sk so cn".Split(' ');
        Dictionary<string, UnicodeCategory[]> categories = new(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            categories[names[i]] = [(UnicodeCategory)i];
        }

        foreach (IGrouping<string, string> group in names.GroupBy(name => name[..1]))
        {
            categories[group.Key] = [.. group.SelectMany(name => categories[name])];
        }

        return categories;
    }
}
