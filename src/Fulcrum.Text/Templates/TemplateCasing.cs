using System.Globalization;
using System.Text;

namespace Fulcrum.Templates;

/// <summary>Upper, lower and title case as in Python. .NET differs in characters that become several and in the
/// Greek sigma at the end of a word.</summary>
internal static class TemplateCasing
{
    // Character, its upper case, its title case: Unicode's SpecialCasing.txt, entries without a condition.
    private const string Special =
        "ßSS,Ss;ŉ\u02bcN,\u02bcN;\u01f0J\u030c,J\u030c;\u0390\u0399\u0308\u0301,\u0399\u0308\u0301;"
        + "\u03b0\u03a5\u0308\u0301,\u03a5\u0308\u0301;\u0587\u0535\u0552,\u0535\u0582;"
        + "\u1e96H\u0331,H\u0331;\u1e97T\u0308,T\u0308;\u1e98W\u030a,W\u030a;\u1e99Y\u030a,Y\u030a;"
        + "\u1e9aA\u02be,A\u02be;\u1f50\u03a5\u0313,\u03a5\u0313;"
        + "\u1f52\u03a5\u0313\u0300,\u03a5\u0313\u0300;\u1f54\u03a5\u0313\u0301,\u03a5\u0313\u0301;"
        + "\u1f56\u03a5\u0313\u0342,\u03a5\u0313\u0342;\u1f80\u1f08\u0399,\u1f88;"
        + "\u1f81\u1f09\u0399,\u1f89;\u1f82\u1f0a\u0399,\u1f8a;\u1f83\u1f0b\u0399,\u1f8b;"
        + "\u1f84\u1f0c\u0399,\u1f8c;\u1f85\u1f0d\u0399,\u1f8d;\u1f86\u1f0e\u0399,\u1f8e;"
        + "\u1f87\u1f0f\u0399,\u1f8f;\u1f88\u1f08\u0399,\u1f88;\u1f89\u1f09\u0399,\u1f89;"
        + "\u1f8a\u1f0a\u0399,\u1f8a;\u1f8b\u1f0b\u0399,\u1f8b;\u1f8c\u1f0c\u0399,\u1f8c;"
        + "\u1f8d\u1f0d\u0399,\u1f8d;\u1f8e\u1f0e\u0399,\u1f8e;\u1f8f\u1f0f\u0399,\u1f8f;"
        + "\u1f90\u1f28\u0399,\u1f98;\u1f91\u1f29\u0399,\u1f99;\u1f92\u1f2a\u0399,\u1f9a;"
        + "\u1f93\u1f2b\u0399,\u1f9b;\u1f94\u1f2c\u0399,\u1f9c;\u1f95\u1f2d\u0399,\u1f9d;"
        + "\u1f96\u1f2e\u0399,\u1f9e;\u1f97\u1f2f\u0399,\u1f9f;\u1f98\u1f28\u0399,\u1f98;"
        + "\u1f99\u1f29\u0399,\u1f99;\u1f9a\u1f2a\u0399,\u1f9a;\u1f9b\u1f2b\u0399,\u1f9b;"
        + "\u1f9c\u1f2c\u0399,\u1f9c;\u1f9d\u1f2d\u0399,\u1f9d;\u1f9e\u1f2e\u0399,\u1f9e;"
        + "\u1f9f\u1f2f\u0399,\u1f9f;\u1fa0\u1f68\u0399,\u1fa8;\u1fa1\u1f69\u0399,\u1fa9;"
        + "\u1fa2\u1f6a\u0399,\u1faa;\u1fa3\u1f6b\u0399,\u1fab;\u1fa4\u1f6c\u0399,\u1fac;"
        + "\u1fa5\u1f6d\u0399,\u1fad;\u1fa6\u1f6e\u0399,\u1fae;\u1fa7\u1f6f\u0399,\u1faf;"
        + "\u1fa8\u1f68\u0399,\u1fa8;\u1fa9\u1f69\u0399,\u1fa9;\u1faa\u1f6a\u0399,\u1faa;"
        + "\u1fab\u1f6b\u0399,\u1fab;\u1fac\u1f6c\u0399,\u1fac;\u1fad\u1f6d\u0399,\u1fad;"
        + "\u1fae\u1f6e\u0399,\u1fae;\u1faf\u1f6f\u0399,\u1faf;\u1fb2\u1fba\u0399,\u1fba\u0345;"
        + "\u1fb3\u0391\u0399,\u1fbc;\u1fb4\u0386\u0399,\u0386\u0345;\u1fb6\u0391\u0342,\u0391\u0342;"
        + "\u1fb7\u0391\u0342\u0399,\u0391\u0342\u0345;\u1fbc\u0391\u0399,\u1fbc;"
        + "\u1fc2\u1fca\u0399,\u1fca\u0345;\u1fc3\u0397\u0399,\u1fcc;\u1fc4\u0389\u0399,\u0389\u0345;"
        + "\u1fc6\u0397\u0342,\u0397\u0342;\u1fc7\u0397\u0342\u0399,\u0397\u0342\u0345;"
        + "\u1fcc\u0397\u0399,\u1fcc;\u1fd2\u0399\u0308\u0300,\u0399\u0308\u0300;"
        + "\u1fd3\u0399\u0308\u0301,\u0399\u0308\u0301;\u1fd6\u0399\u0342,\u0399\u0342;"
        + "\u1fd7\u0399\u0308\u0342,\u0399\u0308\u0342;\u1fe2\u03a5\u0308\u0300,\u03a5\u0308\u0300;"
        + "\u1fe3\u03a5\u0308\u0301,\u03a5\u0308\u0301;\u1fe4\u03a1\u0313,\u03a1\u0313;"
        + "\u1fe6\u03a5\u0342,\u03a5\u0342;\u1fe7\u03a5\u0308\u0342,\u03a5\u0308\u0342;"
        + "\u1ff2\u1ffa\u0399,\u1ffa\u0345;\u1ff3\u03a9\u0399,\u1ffc;\u1ff4\u038f\u0399,\u038f\u0345;"
        + "\u1ff6\u03a9\u0342,\u03a9\u0342;\u1ff7\u03a9\u0342\u0399,\u03a9\u0342\u0345;"
        + "\u1ffc\u03a9\u0399,\u1ffc;\ufb00FF,Ff;\ufb01FI,Fi;\ufb02FL,Fl;\ufb03FFI,Ffi;\ufb04FFL,Ffl;"
        + "\ufb05ST,St;\ufb06ST,St;\ufb13\u0544\u0546,\u0544\u0576;\ufb14\u0544\u0535,\u0544\u0565;"
        + "\ufb15\u0544\u053b,\u0544\u056b;\ufb16\u054e\u0546,\u054e\u0576;"
        + "\ufb17\u0544\u053d,\u0544\u056d";

    private const string Apostrophes =
        "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";

    private static readonly Dictionary<char, (string Upper, string Title)> Table = Special
        .Split(';')
        .ToDictionary(e => e[0], e => (e[1..e.IndexOf(',', 1)], e[(e.IndexOf(',', 1) + 1)..]));

    /// <summary>Python's <c>str.upper</c>.</summary>
    public static string Upper(string text)
    {
        if (!text.Any(c => Table.ContainsKey(c) || c is '\u0131' or '\u017f'))
        {
            return text.ToUpperInvariant();
        }

        StringBuilder upper = new(text.Length + 8);
        foreach (Rune rune in text.EnumerateRunes())
        {
            upper.Append(Upper(rune));
        }

        return upper.ToString();
    }

    /// <summary>Python's <c>str.lower</c>.</summary>
    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);
        if (!text.Contains('\u03a3'))
        {
            return lower;
        }

        StringBuilder result = new(lower);
        for (int i = 0, at = 0; i < text.Length; i++)
        {
            result[at] = text[i] == '\u03a3' && EndsWord(text, i) ? '\u03c2' : result[at];
            at += text[i] == '\u0130' ? 2 : 1;
        }

        return result.ToString();
    }

    /// <summary>Python's <c>str.capitalize</c>: the first character in title case, the rest in lower case.</summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        int first = text.Length > 1 && char.IsSurrogatePair(text, 0) ? 2 : 1;
        return Title(text[..first]) + Lower(text[first..]);
    }

    /// <summary>The title case of one character.</summary>
    public static string Title(string character) =>
        character.Length == 1 && Table.TryGetValue(character[0], out (string Upper, string Title) special)
            ? special.Title
        : character is [>= '\u01c4' and <= '\u01cc' or >= '\u01f1' and <= '\u01f3'] ? Digraph(character[0])
        : character is [>= '\u10d0' and <= '\u10ff'] ? character
        : Upper(character);

    private static string Upper(Rune rune) =>
        rune.IsBmp && Table.TryGetValue((char)rune.Value, out (string Upper, string Title) special) ? special.Upper
        : rune.Value == 0x131 ? "I"
        : rune.Value == 0x17f ? "S"
        : Rune.ToUpperInvariant(rune).ToString();

    // Each digraph has three characters: upper, title and lower case. Title case is U+01C5, U+01C8, U+01CB or U+01F2.
    private static string Digraph(char c) =>
        c >= '\u01f1' ? "\u01f2" : ((char)('\u01c5' + (c - '\u01c4') / 3 * 3)).ToString();

    // Unicode's Final_Sigma: a cased letter comes before, and none after, whatever case-ignorable characters are
    // between.
    private static bool EndsWord(string text, int at)
    {
        int before = at - 1,
            after = at + 1;
        while (before >= 0 && IsIgnorable(text[before]))
        {
            before--;
        }

        while (after < text.Length && IsIgnorable(text[after]))
        {
            after++;
        }

        return before >= 0 && IsCased(text[before]) && !(after < text.Length && IsCased(text[after]));
    }

    private static bool IsCased(char c) =>
        char.GetUnicodeCategory(c)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter;

    private static bool IsIgnorable(char c) =>
        Apostrophes.Contains(c)
        || char.GetUnicodeCategory(c)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.ModifierSymbol;
}
