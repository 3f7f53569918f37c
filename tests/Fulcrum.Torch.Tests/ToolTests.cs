using System.Text.RegularExpressions;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>Classes of tests run at the same time in one process, except those of one collection.</summary>
public sealed partial class ToolTests
{
    [Fact]
    public void Classes_that_redirect_the_console_or_change_the_working_directory_do_not_run_beside_each_other()
    {
        (string Name, string Text)[] files =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(SharedData.Project, "tests", "Fulcrum.Torch.Tests"), "*Tests.cs")
                .Select(f => (Path.GetFileName(f), File.ReadAllText(f))),
        ];
        (string Name, string Text)[] redirecting = [.. files.Where(f => Redirects().IsMatch(f.Text))],
            moving = [.. files.Where(f => Moves().IsMatch(f.Text))];

        Assert.True(redirecting.Length >= 3);
        Assert.NotEmpty(moving);
        Assert.All(
            redirecting,
            f => Assert.True(IsIn(nameof(Tool), f.Text) || IsIn(nameof(Alone), f.Text), $"{f.Name} is in no collection")
        );
        Assert.All(moving, f => Assert.True(IsIn(nameof(Alone), f.Text), $"{f.Name} does not run alone"));
    }

    private static bool IsIn(string collection, string text) =>
        text.Contains($"[Collection(nameof({collection}))]", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(Tool\.(Run|Capture)\(|Console\.Set(Out|Error|In)\()")]
    private static partial Regex Redirects();

    [GeneratedRegex(@"\bEnvironment\.CurrentDirectory = |\bSetCurrentDirectory\(")]
    private static partial Regex Moves();
}
