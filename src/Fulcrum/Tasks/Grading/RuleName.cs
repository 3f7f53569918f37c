using System.Text.Json;

namespace Fulcrum.Tasks.Grading;

/// <summary>Names of rules as answers keep them: <c>LastLine</c> is <c>last-line</c>.</summary>
internal static class RuleName
{
    /// <summary>Returns the name of a rule in lower case, its words joined by hyphens.</summary>
    public static string Of<T>(T rule)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(rule.ToString());
}
