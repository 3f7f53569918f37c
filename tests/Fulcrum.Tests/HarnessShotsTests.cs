using Fulcrum.Tasks.Harness;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Whether a task shows worked examples, so that fewer of them can be advised.</summary>
public sealed class HarnessShotsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("arc_easy", null, false)]
    [InlineData("arc_easy", 5, true)]
    [InlineData("gsm8k", null, true)]
    [InlineData("gsm8k", 0, false)]
    [InlineData("bbh", null, true)]
    [InlineData("mmlu", null, false)]
    [InlineData("mmlu", 5, true)]
    [InlineData("global_mmlu_de", null, false)]
    [InlineData("belebele_deu_Latn", null, false)]
    [InlineData("truthfulqa_mc1", 5, false)]
    public void A_built_in_task_shows_what_is_asked_for_or_else_what_it_says(string name, int? asked, bool shows) =>
        Assert.Equal(shows, new HarnessPlan("own", name, Fewshot: asked).HasFewshot);

    [Theory]
    [InlineData("num_fewshot: 2", null, true)]
    [InlineData("num_fewshot: 0", null, false)]
    [InlineData("", null, false)]
    [InlineData("", 3, true)]
    public void A_task_file_shows_what_is_asked_for_or_else_what_it_says(string says, int? asked, bool shows)
    {
        string file = Path.Combine(folder, "own.yaml");
        File.WriteAllText(
            file,
            "task: own\ndataset_path: json\ndataset_kwargs:\n  data_files: rows.jsonl\noutput_type: generate_until\n"
                + $"test_split: train\ndoc_to_text: q\ndoc_to_target: a\n{says}\n"
        );

        Assert.Equal(shows, new HarnessPlan("own", File: file, Fewshot: asked).HasFewshot);
    }
}
