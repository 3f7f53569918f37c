using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The numbers of the pages in <c>docs/decisions</c>, by which source, documents and other files name
/// them.</summary>
public sealed partial class DecisionTests
{
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
    public void Every_decision_that_a_file_names_exists()
    {
        Assert.SkipUnless(Path.Exists(Path.Combine(SharedData.Project, ".git")), "git lists the files of the project");
        string[] lines = Naming();
        string[] missing =
        [
            .. from line in lines
            from Match named in Named().Matches(line)
            let number = named.Groups[1].Value
            let name = named.Groups[2].Value
            where !Pages.Any(p => name.Length > 0 ? p == number + name : Number(p) == number)
            select $"{line.Split(':')[0]}: {named.Value}",
        ];

        Assert.Contains(lines, l => l.StartsWith("NOTICE:", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    private static string Number(string page) => page.Split('-')[0];

    // Lines of all text files, FILE:LINE.
    private static string[] Naming()
    {
        ProcessStartInfo start = new("git", ["grep", "-I", "-i", "--untracked", "-E", "decisions?[/ ][0-9]{4}"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = SharedData.Project,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex(@"\bdecisions?[/ ]([0-9]{4})(-[a-z0-9-]+)?", RegexOptions.IgnoreCase)]
    private static partial Regex Named();
}
