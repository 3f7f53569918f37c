using System.CommandLine;
using Fulcrum.Cli;
using Fulcrum.Llama;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Spectre.Console;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>Commands without a study file: what they advise can be done on their command line.</summary>
[Collection(nameof(Tool))]
public sealed class OneCallTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public OneCallTests()
    {
        TinyStudy.Write(folder, itemsPerSubject: 4);
        TinyStudy.WriteModel(At("other"), seed: 2);
        File.WriteAllText(At("own.jsonl"), """{"question":"What?","answer":"this"}""" + "\n");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_context_that_is_too_short_is_found_before_anything_is_measured()
    {
        Shorten();

        (int code, string error) = Run(Check());
        bool measured = File.Exists(At("run", "base", "mmlu.jsonl"));
        (int shorter, string warned) = Run([.. Check(), "--fewshot", "0", "--override-guards", "all"]);

        Assert.Equal(2, code);
        Assert.False(measured);
        Assert.Matches("task mmlu: item [a-z/0-9]+: the prompt has [0-9]+ tokens", error);
        Assert.Contains("the context of the base is 300 tokens", error);
        Assert.Contains("Lower --fewshot, shorten the prompts", error);
        Assert.True(shorter == 0, warned);
    }

    [Fact]
    public void A_prompt_whose_beginning_is_cut_off_is_told_by_measure()
    {
        Shorten();

        (int code, string error) = Run([
            "measure",
            "--model",
            At("model"),
            "--task",
            $"mmlu={At("mmlu")}",
            "--fewshot",
            "5",
            "--dtype",
            "f32",
            "--output",
            At("run"),
        ]);

        Assert.True(code == 0, error);
        Assert.Contains("warning: mmlu: the prompts of 8 of 8 items are longer than the context of the model", error);
        Assert.Contains("Lower --fewshot to keep them whole", error);
    }

    [Theory]
    [InlineData(
        "--override-guards is nothing; wanted: all, or names of gold-against-gold",
        "--override-guards",
        "nothing"
    )]
    [InlineData("--fewshot must be 0 or more", "--fewshot", "-1")]
    [InlineData("--fewshot: mmlu.fewshot is 9; wanted: 0 to 5", "--fewshot", "9")]
    [InlineData("--items must be 1 or more", "--items", "0")]
    [InlineData("--max-new-tokens: mmlu has no limit of a reply", "--max-new-tokens", "9")]
    public void A_wrong_value_is_named_by_its_option(string says, params string[] more)
    {
        (int code, string error) = Run([.. Check(), .. more]);

        Assert.Equal(2, code);
        Assert.Contains(says, error);
        Assert.DoesNotContain("study", error);
    }

    [Fact]
    public void A_path_that_does_not_exist_is_relative_to_no_file()
    {
        (int code, string error) = Run([.. Check(), "--adapter", At("nowhere")]);

        Assert.Equal(2, code);
        Assert.Contains($"candidates.nowhere: there is no file or folder {At("nowhere")}\n", error);
    }

    [Fact]
    public void Worked_examples_of_a_task_without_any_are_refused_and_left_out_where_another_task_has_them()
    {
        AskingOptions asking = new("");
        Command verb = new("asked") { CommonOptions.Quiet };
        asking.AddTo(verb);
        ParseResult parsed = verb.Parse(["--fewshot", "2"]);
        HarnessPlan without = new("ifeval", "ifeval"),
            with = new("gsm8k", "gsm8k");
        IReadOnlyList<TaskPlan> both = [];

        string refusal = Assert.Throws<InputException>(() => asking.Changed(parsed, [without])).Message;
        string error = Tool.Capture(() => (both = asking.Changed(parsed, [without, with])).Count).Error;

        Assert.Contains("not used for ifeval, which has no worked examples that can be chosen", error);
        Assert.StartsWith("--fewshot: ifeval has no worked examples that can be chosen.", refusal);
        Assert.Equal([null, 2], both.Cast<HarnessPlan>().Select(p => p.Fewshot));
    }

    [Fact]
    public void A_guard_is_overridden_in_the_form_in_which_the_study_was_given()
    {
        Assert.Equal("add --override-guards a,b", AskingOptions.Names.Override(["a", "b"]));
        Assert.Equal(
            "put \"a\" into the study's overrideGuards, or add --override-guards a",
            AskingOptions.NamesOfFile.Override(["a"])
        );
    }

    [Fact]
    public void A_limit_of_a_reply_is_set_on_the_command_line()
    {
        (int code, string error) = Run([
            "measure",
            "--model",
            At("model"),
            "--task",
            At("own.jsonl"),
            "--max-new-tokens",
            "3",
            "--dtype",
            "f32",
            "--output",
            At("run"),
        ]);

        Assert.True(code == 0, error);
        Assert.Contains("Raise --max-new-tokens, or look at the replies", error);
        Assert.Contains("\"tokens\":3", File.ReadAllText(At("run", "own.jsonl")));
    }

    [Fact]
    public void Warnings_are_printed_when_quiet_and_nothing_else()
    {
        (_, _, string said) = Tool.Capture(() =>
        {
            new ConsoleProgress(quiet: true).Show(tell =>
            {
                tell(new RunEvent.Noted("a note"));
                tell(new RunEvent.Warned("a warning"));
            });
            return 0;
        });

        Assert.Equal("warning: a warning\n", said);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(240)]
    public void Names_of_tasks_and_of_their_data_are_whole_at_every_width(int width)
    {
        using StringWriter written = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = width;

        TasksTable.Print(console, BuiltInCatalogue.All, "tokens/item", _ => "100", free: false);

        string text = written.ToString();
        Assert.All(BuiltInCatalogue.All, t => Assert.Contains(t.Name, text));
        Assert.All(BuiltInCatalogue.All, t => Assert.Contains(t.Data, text));
        Assert.Equal(width == 240, text.Contains('│') || text.Contains('|'));
        Assert.All(text.Split('\n'), l => Assert.True(l.TrimEnd().Length <= width, l));
    }

    [Fact]
    public void A_damaged_candidate_in_a_GGUF_file_is_found_by_its_header()
    {
        byte[] whole = File.ReadAllBytes(SharedData.Of("golden", "gguf", "qwen2-tied", "f32.gguf"));
        string cut = At("cut.gguf"),
            sound = At("sound.gguf");
        File.WriteAllBytes(cut, whole[..(whole.Length / 2)]);
        File.WriteAllBytes(sound, whole);
        IEngine engine = new LlamaEngine();

        engine.Check(Spec(sound));

        Assert.Contains("cut.gguf", Assert.Throws<InputException>(() => engine.Check(Spec(cut))).Message);
        Assert.True(engine.ContextLengthOf(Spec(sound)) > 0);
    }

    private static ModelSpec Spec(string file) => new(new ModelSource.Gguf(file));

    private void Shorten()
    {
        string config = At("model", "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace(":4096", ":300"));
    }

    private string[] Check() =>
        [
            "check",
            "--base",
            At("model"),
            "--model",
            At("other"),
            "--target",
            $"mmlu={At("mmlu")}",
            "--dtype",
            "f32",
            "--output",
            At("run"),
        ];

    private string At(params string[] parts) => Path.Combine([folder, .. parts]);

    private static (int Code, string Error) Run(string[] arguments)
    {
        (int code, _, string error) = Tool.Run(arguments);
        return (code, error);
    }
}
