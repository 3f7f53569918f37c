using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.Torch.Interop;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>What differs between systems, as far as it can be told on one of them.</summary>
public sealed class PlatformTests
{
    [Theory]
    [InlineData("NUL")]
    [InlineData("con.txt")]
    [InlineData("Com1")]
    [InlineData("lpt9.jsonl")]
    [InlineData("aux .x")]
    [InlineData("what?")]
    [InlineData("a<b")]
    public void Names_that_mean_something_else_on_Windows_are_known(string name) =>
        Assert.True(RelativeName.IsSpecialOnWindows(name));

    [Theory]
    [InlineData("console")]
    [InlineData("com")]
    [InlineData("com10")]
    [InlineData("spider.jsonl")]
    [InlineData("nullable")]
    public void Other_names_are_left_alone(string name) => Assert.False(RelativeName.IsSpecialOnWindows(name));

    [Theory]
    [InlineData("name.")]
    [InlineData("name ")]
    [InlineData("a\\b")]
    [InlineData("c:x")]
    public void Names_that_Windows_would_change_are_refused_everywhere(string name) =>
        Assert.False(RelativeName.IsPlain(name));

    [Fact]
    public void Libtorch_is_looked_for_under_the_names_of_this_system()
    {
        Libtorch.Ensure();

        Assert.Contains(LibtorchNames.Cpu, Libtorch.Loaded.Keys);
        Assert.Contains(LibtorchNames.Wrapper, Libtorch.Loaded.Keys);
    }

    [Fact]
    public void Loops_on_the_thread_pool_give_what_loops_on_libgomp_give()
    {
        Libtorch.Ensure();
        double[] theirs = new double[1000],
            ours = new double[1000];

        Threads.For(theirs.Length, i => theirs[i] = Math.Sqrt(i));
        Threads.For(ours.Length, i => ours[i] = Math.Sqrt(i), ownThreads: true);

        Assert.Equal(theirs, ours);
    }

    [Fact]
    public void Stored_JSON_has_the_line_ends_of_Unix_everywhere() =>
        Assert.Equal("\n", ManifestJson.Default.Options.NewLine);
}
