using Fulcrum.Tasks.Harness;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Published task files are read, or refused with a reason. Set FULCRUM_HARNESS_TASKS to the folder of tasks in a
/// checkout of lm-evaluation-harness.</summary>
public sealed class HarnessCheckoutTests(ITestOutputHelper output)
{
    private const string Variable = "FULCRUM_HARNESS_TASKS";
    private const int Files = 400;

    [Fact]
    public void Published_task_files_are_read_or_refused_by_name()
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(folder is null, $"{Variable} names no folder with published task files");
        string[] all =
        [
            .. Directory
                .EnumerateFiles(folder!, "*.yaml", SearchOption.AllDirectories)
                .Where(f => !File.ReadAllText(f).Contains("!function", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        int step = Math.Max(1, all.Length / Files),
            read = 0;
        foreach (string file in all.Where((_, i) => i % step == 0))
        {
            try
            {
                _ = HarnessGroups.Read(file);
                read++;
            }
            catch (InputException e)
            {
                Assert.StartsWith(folder!, e.Message);
                Assert.Matches(@": \S.{10,}$", e.Message);
                output.WriteLine(e.Message);
            }
        }

        output.WriteLine($"{read} of {all.Length / step} files are read");
        Assert.InRange(read, 1, all.Length);
    }
}
