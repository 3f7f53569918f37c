using System.Runtime.InteropServices;
using Fulcrum.Differential;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A short slice of <c>bench/Fulcrum.Differential</c>: other implementations on random inputs.</summary>
public sealed class DifferentialTests
{
    [Fact]
    public void Tokenizers_agree_with_Hugging_Faces_library_on_random_texts()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "Tokenizers.DotNet is referenced for Linux on x64"
        );
        string folder = SharedData.InProject("tokenizer");

        foreach ((string layout, _, IReadOnlyList<Difference> differences) in TokenizerComparison.Run(folder, 400, 1))
        {
            Assert.True(differences.Count == 0, $"{layout}: {differences.FirstOrDefault()}");
        }
    }

    [Fact]
    public void Templates_agree_with_Hugging_Faces_engine_on_random_conversations()
    {
        string project = Path.Combine(SharedData.Project, "bench", "Fulcrum.Differential", "jinja");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(project, "node_modules", "@huggingface", "jinja")),
            "bench/Fulcrum.Differential/jinja has no node_modules; run npm install there"
        );

        (int rendered, _, IReadOnlyList<Difference> differences) = TemplateComparison.Run(
            Path.Combine(project, "render.mjs"),
            project,
            pairs: 500,
            seed: 1
        );

        Assert.True(rendered > 400, $"only {rendered} pairs were rendered");
        Assert.True(differences.Count == 0, $"{differences.FirstOrDefault()}");
    }
}
