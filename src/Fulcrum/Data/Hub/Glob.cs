using System.Text;
using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Patterns of file names.</summary>
internal static class Glob
{
    private const int Longest = 1000;

    /// <summary>Returns whether a pattern is more than the name of one file.</summary>
    public static bool HasWildcard(string pattern) => pattern.AsSpan().IndexOfAny("*?[") >= 0;

    /// <summary>Compiles a pattern of <c>--include</c>: <c>*</c> crosses folders, and a slash at the end selects a
    /// whole folder.</summary>
    /// <exception cref="InputException">The pattern is too long.</exception>
    public static Regex Anywhere(string pattern) =>
        Compiled(pattern.EndsWith('/') ? pattern + "*" : pattern, crossesFolders: true);

    /// <summary>Compiles a pattern of a data set's card: <c>*</c> stays within a folder, <c>**</c> crosses
    /// folders.</summary>
    /// <exception cref="InputException">The pattern is too long.</exception>
    public static Regex WithinFolders(string pattern) => Compiled(pattern, crossesFolders: false);

    private static Regex Compiled(string pattern, bool crossesFolders)
    {
        if (pattern.Length > Longest)
        {
            throw new InputException($"the pattern '{Printable.Message(pattern)}' is longer than {Longest} characters");
        }

        StringBuilder regex = new(@"\A");
        for (int at = 0; at < pattern.Length; )
        {
            at += Piece(pattern.AsSpan(at), crossesFolders, regex);
        }

        try
        {
            // A pattern of a card is untrusted. The non-backtracking engine needs linear time.
            return new Regex(regex.Append(@"\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"'{Printable.Message(pattern)}' is not a pattern of file names", e);
        }
    }

    // Appends one element of the pattern and returns its length.
    private static int Piece(ReadOnlySpan<char> rest, bool crossesFolders, StringBuilder regex)
    {
        string one = crossesFolders ? "." : "[^/]";
        switch (rest[0])
        {
            case '*' when !crossesFolders && rest.StartsWith("**/"):
                regex.Append("(?:.*/)?");
                return 3;
            case '*' when rest.StartsWith("**"):
                regex.Append(".*");
                return 2;
            case '*':
                regex.Append(one).Append('*');
                return 1;
            case '?':
                regex.Append(one);
                return 1;
            case '[' when Set(rest) is { Length: > 0 } set:
                regex.Append(set);
                return rest[2..].IndexOf(']') + 3;
            default:
                regex.Append(Regex.Escape(rest[..1].ToString()));
                return 1;
        }
    }

    // [abc], [a-z], [!a]; empty if there is no closing bracket.
    private static string Set(ReadOnlySpan<char> rest)
    {
        int end = rest.Length > 2 ? rest[2..].IndexOf(']') : -1;
        if (end < 0)
        {
            return "";
        }

        string inside = rest[1..(end + 2)].ToString();
        bool negated = inside.Length > 1 && inside[0] == '!';
        string letters = inside[(negated ? 1 : 0)..]
            .Replace("\\", "\\\\")
            .Replace("[", "\\[")
            .Replace("]", "\\]")
            .Replace("^", "\\^");
        return $"[{(negated ? "^" : "")}{letters}]";
    }
}
