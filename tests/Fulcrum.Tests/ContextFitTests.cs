using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Prompts that a model's context cannot hold are found before anything is asked.</summary>
public sealed class ContextFitTests : IDisposable
{
    private readonly string model = ScriptedRuntime.ModelFolder();

    public void Dispose() => Directory.Delete(model, recursive: true);

    [Fact]
    public void A_choice_that_is_too_long_is_refused_with_item_lengths_and_remedy()
    {
        MmluPlan plan = new("mmlu", "data", Fewshot: 5);

        string message = Refused(new Question.Choose(Text(600), [" A", " four"]), plan);

        Assert.Contains("task mmlu: item 1: the prompt has 600 tokens and its longest continuation 5", message);
        Assert.Contains("the context of the base is 512 tokens. 2 of 2 items are too long: 1, 2.", message);
        Assert.Contains("Lower tasks.mmlu.fewshot, shorten the prompts", message);
        Assert.Contains("name only the other subjects in tasks.mmlu.subjects, or choose", message);
    }

    [Theory]
    [InlineData(null, "remove their rows from /data/own.jsonl (ids count the rows from 0), or")]
    [InlineData("id", "remove their rows from /data/own.jsonl, or")]
    public void The_message_says_how_rows_of_an_own_file_are_left_out(string? id, string says) =>
        Assert.Contains(
            says,
            Refused(new Question.Write(Text(600), 64, []), new GenerationPlan("mmlu", "/data/own.jsonl", Id: id))
        );

    [Fact]
    public void A_task_whose_items_cannot_be_left_out_singly_gets_no_such_advice() =>
        Assert.Contains(
            "Shorten the prompts, or choose a model with a longer context",
            Refused(new Question.Write(Text(600), 64, []), new SpiderPlan("mmlu", "data"))
        );

    [Theory]
    [InlineData(512, 5, true)]
    [InlineData(508, 5, true)]
    [InlineData(509, 4, true)]
    [InlineData(509, 5, false)]
    public void The_last_token_of_a_continuation_need_not_fit(int prompt, int behind, bool fits)
    {
        Question asked = new Question.Choose(Text(prompt - (prompt == 512 ? 4 : 0)), [new string('x', behind)]);

        Assert.Equal(fits, Fit(asked)!.TooLong is null);
    }

    [Theory]
    [InlineData(507, 5, 512, true)]
    [InlineData(508, 5, 512, false)]
    [InlineData(508, 5, null, true)]
    public void A_server_reads_the_last_token_of_a_continuation_too(int prompt, int behind, int? scored, bool fits)
    {
        ContextFit Fit(Question question) =>
            ContextFit.Of(new Asked(question), PromptEncoding.Load(model), 512, scored)!;

        ContextFit choice = Fit(new Question.Choose(Text(prompt), [Word(behind)])),
            pair = Fit(new Question.Pairs([(Text(prompt), Word(behind))]));

        Assert.Equal(fits, choice.TooLong is null);
        Assert.Equal(fits, pair.Cut == 0);
    }

    [Theory]
    [InlineData(513, 0, 2)]
    [InlineData(512, 2, 0)]
    [InlineData(511, 2, 0)]
    [InlineData(448, 0, 0)]
    public void A_prompt_needs_room_for_a_reply_and_is_told_where_it_has_too_little(int prompt, int little, int refused)
    {
        ContextFit fit = Fit(new Question.Write(Text(prompt), 64, []))!;

        Assert.Equal((little, refused), (fit.Short, fit.Refused));
        string[] warnings = [.. fit.Warnings("the base", new GenerationPlan("own"), SettingNames.Keys)];
        Assert.Equal(little > 0, warnings.Length > 0);
        Assert.All(warnings, w => Assert.Contains("after 2 of 2 prompts the context of the base (512 tokens)", w));
        Assert.All(warnings, w => Assert.Contains("Lower tasks.own.maxNewTokens", w));
    }

    [Fact]
    public void The_longest_continuation_is_the_one_with_the_most_bytes()
    {
        Question asked = new Question.Choose(Text(380), [Word(60), new string('\u20AC', 50)]);

        Assert.Contains("its longest continuation 150", Fit(asked)!.TooLong);
    }

    [Theory]
    [InlineData(600, 1)]
    [InlineData(400, 0)]
    public void Prompts_that_are_truncated_as_in_lm_evaluation_harness_give_a_warning(int prompt, int cut)
    {
        ContextFit pairs = Fit(new Question.Pairs([(Text(prompt), " A"), (Text(3), " B")]))!,
            written = Fit(new Question.Continue(Text(prompt), 16, []))!;

        Assert.Equal((2 * cut, 2 * cut), (pairs.Cut, written.Cut));
        Assert.Equal((0, 0), (pairs.Refused, written.Refused));
        Assert.Equal(cut, pairs.Warnings("the base", new GenerationPlan("own"), SettingNames.Keys).Count());
    }

    [Fact]
    public void What_not_even_the_end_of_a_prompt_can_precede_is_refused()
    {
        Assert.Contains("a continuation has 513 tokens", Refused(new Question.Pairs([(Text(3), Word(513))])));
        Assert.Contains("a reply may have 512 tokens", Refused(new Question.Continue(Text(3), 512, [])));
    }

    [Fact]
    public void Without_tokenizer_or_context_length_there_is_no_warning()
    {
        ITask task = new Asked(new Question.Write(Text(9000), 64, []));

        Assert.Null(ContextFit.Of(task, PromptEncoding.OfServer, 512));
        Assert.Null(ContextFit.Of(task, PromptEncoding.Load(model), null));
    }

    private string Refused(Question question, TaskPlan? plan = null) =>
        Assert
            .Throws<InputException>(() =>
                Fit(question)!.Refuse("the base", plan ?? new GenerationPlan("mmlu"), SettingNames.Keys)
            )
            .Message;

    private ContextFit? Fit(Question question) => ContextFit.Of(new Asked(question), PromptEncoding.Load(model), 512);

    // A token for each letter.
    private static Prompt.Text Text(int tokens) => new(Word(tokens));

    private static string Word(int letters) => new('a', letters);

    private sealed class Asked(Question question) : ITask
    {
        public string Name => "mmlu";

        public double? ChanceAccuracy => null;

        public IReadOnlyList<Item> Items { get; } = [new("1", "", "", "", "A"), new("2", "", "", "", "A")];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public Question Ask(Item item) => question;

        public Grade Grade(Item item, Reply reply) => new(1, "A", "correct");
    }
}
