using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>Values that no command can use: one sentence that names the option, and exit code 2.</summary>
[Collection(nameof(Tool))]
public sealed class OptionValueTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public OptionValueTests()
    {
        TinyStudy.Write(folder, itemsPerSubject: 4);
        TinyStudy.WriteModel(At("base"), seed: 2);
        File.Copy(SharedData.Of("golden", "gguf", "qwen2-tied", "q8_0.gguf"), At("golden.gguf"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("--threads must be 1 or more", "score --model m --input - --output - --threads 0")]
    [InlineData("--threads: 'two' is no whole number", "check --base m --adapter a --target t --threads two")]
    [InlineData(
        "--concurrency must be between 1 and 1000",
        "measure --endpoint http://localhost:1 --served m --task mmlu --output o --concurrency 1001"
    )]
    [InlineData("--max-new-tokens must be 1 or more", "generate --model m --input - --output - --max-new-tokens 0")]
    [InlineData(
        "--max-new-tokens: 99999999999 is too large",
        "generate --model m --input - --output - --max-new-tokens 99999999999"
    )]
    [InlineData("--samples: 99999999999 is too large", "stats pass-at-k --samples 99999999999 --correct 1 --k 1")]
    [InlineData("at most 10,000,000", "stats pass-at-k --samples 2147483647 --correct 2147483646 --k 2147483647")]
    [InlineData("--rounds must be 1 or more", "bench engines --config c --score s --rounds 0")]
    [InlineData("--type: \"foo\" is unknown; known are ", "bench engines --config c --score s --type foo")]
    [InlineData("--time-limit must be above 0", "sql --databases d --input - --output - --time-limit NaN")]
    [InlineData("--time-limit must be above 0", "sql --databases d --input - --output - --time-limit 0")]
    [InlineData("--time-limit must be above 0", "sql --databases d --input - --output - --time-limit 1e999")]
    public void A_number_outside_its_bounds_is_refused(string says, string command) =>
        Refused(says, command.Split(' '));

    [Theory]
    [InlineData("--output", "run", "study.json", "--output", "")]
    [InlineData("--model", "score", "--model", "", "--input", "-", "--output", "-")]
    [InlineData("RUN", "report", "")]
    public void An_empty_value_is_refused_by_the_name_of_its_option(string name, params string[] arguments) =>
        Refused($"{name} is empty; give it a value, or leave it out", arguments);

    [Fact]
    public void A_variable_that_is_given_twice_is_refused_before_a_model_is_opened() =>
        Refused(
            "--variable a is given twice",
            "generate --model m --input - --output - --max-new-tokens 1 --variable a=1 --variable a=2".Split(' ')
        );

    [Theory]
    [InlineData("--replies: other:mmlu is given twice", "other:mmlu=a.jsonl", "other:mmlu=b.jsonl")]
    [InlineData("another candidate is called model", "model:mmlu=a.jsonl", "--model", "model")]
    [InlineData("is not of the form NAME:TASK=FILE", "other:mmlu=")]
    public void Replies_that_cannot_be_told_apart_are_refused(string says, params string[] more)
    {
        string[] values = [.. more.Select(m => m == "model" ? At("model") : m)];
        string[] replies = [.. values.TakeWhile(m => m != "--model").SelectMany(m => (string[])["--replies", m])];
        Refused(
            says,
            [
                "check",
                "--base",
                At("base"),
                "--target",
                $"mmlu={At("mmlu")}",
                .. replies,
                .. values.SkipWhile(m => m != "--model"),
            ]
        );
    }

    [Theory]
    [InlineData("items")]
    [InlineData("measure", "--dtype", "f32")]
    public void An_output_below_a_file_is_refused(string verb, params string[] more) =>
        Refused(
            "study.json",
            [
                verb,
                .. more,
                .. verb == "measure" ? (string[])["--model", At("model")] : [],
                "--task",
                $"mmlu={At("mmlu")}",
                "--output",
                At("study.json", "out"),
            ]
        );

    [Theory]
    [InlineData("f32")]
    [InlineData("q8_0")]
    public void An_export_to_a_folder_or_below_a_file_is_refused(string type)
    {
        string[] export = ["export", "--model", At("model"), "--type", type, "--to"];

        Refused("it is a folder or a device, not a file", [.. export, At("base")]);
        Refused($"cannot write {At("study.json", "model.gguf")}", [.. export, At("study.json", "model.gguf")]);
    }

    [Fact]
    public void A_GGUF_file_in_the_place_of_a_model_folder_is_called_so() =>
        Refused(
            "golden.gguf is a GGUF file; name a model folder here",
            ["merge", "--model", At("golden.gguf"), "--adapter", At("mmlu"), "--output", At("merged")]
        );

    private string At(params string[] parts) => Path.Combine([folder, .. parts]);

    private static void Refused(string says, params string[] arguments)
    {
        (int code, _, string error) = Tool.Run(arguments);

        Assert.Contains(says, error);
        Assert.Equal(2, code);
        Assert.DoesNotContain("   at ", error);
    }
}
