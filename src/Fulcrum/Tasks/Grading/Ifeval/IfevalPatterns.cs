using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>The fixed patterns of the kinds of instruction.</summary>
internal static partial class IfevalPatterns
{
    [GeneratedRegex(@"\[.*?\]", RegexOptions.CultureInvariant, 1000)]
    public static partial Regex Placeholder();

    [GeneratedRegex(@"^\s*\*[^*].*$", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    public static partial Regex StarBullet();

    [GeneratedRegex(@"^\s*-.*$", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    public static partial Regex DashBullet();

    [GeneratedRegex(@"\*[^\n*]*\*", RegexOptions.CultureInvariant, 1000)]
    public static partial Regex Starred();

    [GeneratedRegex(@"\*\*[^\n*]*\*\*", RegexOptions.CultureInvariant, 1000)]
    public static partial Regex DoubleStarred();

    [GeneratedRegex(@"<<[^\n]+>>", RegexOptions.CultureInvariant, 1000)]
    public static partial Regex Title();

    [GeneratedRegex(@"\s?\*\*\*\s?", RegexOptions.CultureInvariant, 1000)]
    public static partial Regex Divider();
}
