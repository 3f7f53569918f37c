namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>Tells sentences from lines of a query.</summary>
internal static class SqlProse
{
    // A line of full stops is looked at once for each of them, so only its beginning counts.
    private const int FewestNames = 3,
        LongestLine = 1000;

    /// <summary>Tells whether a line is a sentence: a word that queries do not have, or three bare names in a
    /// row.</summary>
    public static bool IsSentence(ReadOnlySpan<char> text)
    {
        string line = text[..Math.Min(text.Length, LongestLine)].ToString();
        int names = 0;
        bool member = false;
        for (
            SqlToken token = SqlToken.At(line, 0);
            token.Kind != SqlTokenKind.End;
            token = SqlToken.At(line, token.End)
        )
        {
            string word = token.In(line);
            if (token.Kind == SqlTokenKind.Space)
            {
                continue;
            }

            if (token.Kind == SqlTokenKind.Comment)
            {
                return false;
            }

            bool bare =
                token.Kind == SqlTokenKind.Word
                && !member
                && !(token.End < line.Length && line[token.End] is '.' or '(' && IsMember(line, token.End));
            names = bare && !SqlWords.IsKeyword(word) ? names + 1 : 0;
            if (names >= FewestNames || (bare && SqlWords.IsProse(word)))
            {
                return true;
            }

            member = word == ".";
        }

        return false;
    }

    private static bool IsMember(string line, int at) =>
        line[at] == '(' || (at + 1 < line.Length && !char.IsWhiteSpace(line[at + 1]));
}
