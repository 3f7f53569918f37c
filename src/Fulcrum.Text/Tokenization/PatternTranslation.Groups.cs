namespace Fulcrum.Tokenization;

/// <content>Translates groups and flags.</content>
internal sealed partial class PatternTranslation
{
    // The open groups: where each starts in the result, and whether case was ignored before it.
    private readonly Stack<(int Start, bool IgnoredCase)> groups = new();

    private void OpenGroup()
    {
        Limit(groups.Count + 1, MostNesting, "groups within each other");
        int flagsEnd = Remaining.IndexOfAny(':', ')');
        string flags = Next == '?' && flagsEnd > 0 ? pattern[(position + 1)..(position + flagsEnd)] : "";
        if (flags.Contains('x', StringComparison.Ordinal) && flags.All(f => f is 'i' or 'm' or 'x' or '-'))
        {
            throw new ArgumentException("the flag x is not supported");
        }

        if (flags.Length > 0 && flags.All(f => f is 'i' or 'm' or '-'))
        {
            position += flagsEnd;
            SetFlags(flags, opensGroup: pattern[position++] == ':');
            return;
        }

        groups.Push((result.Length, ignoresCase));
        int prefix = Math.Min(GroupPrefixLength(), Remaining.Length);
        result.Append('(').Append(Remaining[..prefix]);
        position += prefix;
    }

    /// <summary>Changes the flags: <c>(?i)</c> until the end of the enclosing group, <c>(?i:</c> for a group of its
    /// own.</summary>
    private void SetFlags(string flags, bool opensGroup)
    {
        if (opensGroup)
        {
            groups.Push((result.Length, ignoresCase));
        }

        int minus = flags.IndexOf('-', StringComparison.Ordinal),
            ignoreCase = flags.IndexOf('i', StringComparison.Ordinal);
        if (ignoreCase >= 0)
        {
            ignoresCase = minus < 0 || ignoreCase < minus;
        }

        // Oniguruma's m lets a dot match a line end, which is the flag s in .NET.
        result.Append("(?").Append(flags.Replace('m', 's')).Append(opensGroup ? ':' : ')');
    }

    // Returns the length of what tells the kind of a group: "?:", "?=", "?<=" and the like, or "?<name>".
    private int GroupPrefixLength()
    {
        if (!Remaining.StartsWith("?<"))
        {
            return Next == '?' ? 2 : 0;
        }

        bool looksBehind = Peek(2) is '=' or '!';
        return looksBehind ? 3 : Remaining.IndexOf('>') + 1;
    }

    private void CloseGroup()
    {
        result.Append(')');
        if (groups.TryPop(out (int Start, bool IgnoredCase) group))
        {
            (atom, ignoresCase) = group;
        }
    }
}
