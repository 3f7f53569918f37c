using System.Text.RegularExpressions;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The numbers of the pages in <c>docs/decisions</c>, by which source and documents name them.</summary>
public sealed partial class DecisionTests
{
    private static readonly string[] Folders = ["src", "tests", "docs", "bench", "samples", "recipe", "eng"];

    private static readonly string[] Pages =
    [
        .. Directory
            .EnumerateFiles(Path.Combine(SharedData.Project, "docs", "decisions"), "*.md")
            .Select(p => Path.GetFileNameWithoutExtension(p)),
    ];

    [Fact]
    public void Every_decision_has_a_number_of_its_own()
    {
        string[] shared =
        [
            .. Pages.GroupBy(Number).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g)}"),
        ];

        Assert.Empty(shared);
        Assert.All(Pages, p => Assert.Matches("^[0-9]{4}-[a-z0-9-]+$", p));
    }

    [Fact]
    public void Every_decision_that_source_or_documents_name_exists()
    {
        string[] missing =
        [
            .. from file in Files()
            from Match named in Named().Matches(File.ReadAllText(file))
            let number = named.Groups[1].Value
            let name = named.Groups[2].Value
            where !Pages.Any(p => name.Length > 0 ? p == number + name : Number(p) == number)
            select $"{Path.GetRelativePath(SharedData.Project, file)}: {named.Value}",
        ];

        Assert.Empty(missing);
    }

    private static string Number(string page) => page.Split('-')[0];

    private static IEnumerable<string> Files() =>
        Folders
            .Select(f => Path.Combine(SharedData.Project, f))
            .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(SharedData.Project, "*.md"))
            .Where(f => Path.GetExtension(f) is ".cs" or ".md")
            .Where(f => !f.Contains("/node_modules/", StringComparison.Ordinal));

    [GeneratedRegex(@"\bdecisions?[/ ]([0-9]{4})(-[a-z0-9-]+)?", RegexOptions.IgnoreCase)]
    private static partial Regex Named();
}
