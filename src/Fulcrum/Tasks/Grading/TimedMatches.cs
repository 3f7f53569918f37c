using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>All matches of a pattern in a time limit. .NET's limit is for one match, and a text may have thousands of
/// slow ones.</summary>
internal static class TimedMatches
{
    /// <summary>Returns the matches in their order.</summary>
    /// <exception cref="RegexMatchTimeoutException">All of them together take longer than the limit of one.</exception>
    public static IEnumerable<Match> Of(Regex pattern, string text)
    {
        long latest = Environment.TickCount64 + (long)pattern.MatchTimeout.TotalMilliseconds;
        for (Match match = pattern.Match(text); match.Success; match = match.NextMatch())
        {
            yield return match;
            if (Environment.TickCount64 > latest)
            {
                throw new RegexMatchTimeoutException(text, pattern.ToString(), pattern.MatchTimeout);
            }
        }
    }
}
