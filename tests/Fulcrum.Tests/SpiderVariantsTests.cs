using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using SQLitePCL;
using Xunit;
using static SQLitePCL.raw;

namespace Fulcrum.Tests;

/// <summary>Data sets in Spider's and BIRD's layouts, and the styles of their prompts.</summary>
public sealed class SpiderVariantsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-tests-").FullName;

    public SpiderVariantsTests()
    {
        Batteries_V2.Init();
        Directory.CreateDirectory(Path.Combine(folder, "dev_databases", "shop"));
        Create(
            Path.Combine(folder, "dev_databases", "shop", "shop.sqlite"),
            "CREATE TABLE buyer (id INTEGER PRIMARY KEY, name TEXT); "
                + "CREATE TABLE sale (id INTEGER, buyer INTEGER, \"unit price\" REAL, FOREIGN KEY (buyer) REFERENCES buyer (id)); "
                + "INSERT INTO buyer VALUES (1, 'Ann'), (2, 'Bo'); INSERT INTO sale VALUES (1, 1, 2.5), (2, 1, NULL);"
        );
        File.WriteAllText(
            Path.Combine(folder, "dev.json"),
            """
            [{"question_id": 0, "db_id": "shop", "question": "Who bought?", "evidence": "bought means in sale", "SQL": "SELECT buyer FROM sale", "difficulty": "moderate"},
             {"question_id": 1, "db_id": "shop", "question": "How many?", "evidence": "", "SQL": "SELECT count(*) FROM sale", "difficulty": "simple"}]
            """
        );
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_folder_in_BIRDs_layout_is_read_with_evidence_difficulty_and_its_comparison()
    {
        SpiderPlan plan = (SpiderPlan)new SpiderPlan("bird", "x").Located(_ => folder);
        Assert.Equal(SqlSemantics.Bird, plan.Compared);
        plan.RequireFiles("study.json");
        ITask task = Open(plan);
        Assert.Equal(["moderate", "simple"], task.Items.Select(i => i.Group));
        Assert.Equal("SELECT buyer FROM sale", task.Items[0].Target);
        string asked = Asked(task, 0);
        Assert.Contains("Evidence: bought means in sale\nQuestion: Who bought?", asked);
        Assert.Contains("buyer (id* integer, name text)", asked);
        Assert.DoesNotContain("Evidence", Asked(task, 1));
        Assert.Equal(1, task.Grade(task.Items[0], Written("SELECT DISTINCT buyer FROM sale")).Score);
        Assert.Equal(0, task.Grade(task.Items[0], Written("SELECT id FROM sale")).Score);
    }

    [Theory]
    [InlineData(SchemaStyle.Columns, null, "buyer: id, name\nsale: id, buyer, unit price\n")]
    [InlineData(SchemaStyle.Columns, true, "sale: id, buyer, unit price\nsale.buyer = buyer.id\n")]
    [InlineData(
        SchemaStyle.CreateTable,
        true,
        "CREATE TABLE sale (\n  id integer,\n  buyer integer,\n  \"unit price\" real,\n  FOREIGN KEY (buyer) REFERENCES buyer (id)\n);\n"
    )]
    [InlineData(
        SchemaStyle.CreateTableRows,
        null,
        "CREATE TABLE sale (\n  id integer,\n  buyer integer,\n  \"unit price\" real\n);\n/*\nFirst 2 rows of sale:\nid\tbuyer\tunit price\n1\t1\t2.5\n2\t1\tNULL\n*/\n"
    )]
    [InlineData(SchemaStyle.Described, false, "sale (id integer, buyer integer, unit price real)\n\n")]
    public void The_schema_is_shown_in_the_style_that_is_asked_for(SchemaStyle style, bool? keys, string text) =>
        Assert.Contains(text, Asked(Open(new SpiderPlan("bird", folder, Schema: style, ForeignKeys: keys)), 0));

    [Fact]
    public void A_template_makes_the_prompt_and_is_named_where_it_fails()
    {
        SpiderPlan plan = new(
            "bird",
            folder,
            Prompt: SpiderPromptForm.Plain,
            Schema: SchemaStyle.Columns,
            Template: "{{ db_id }}|{{ question }}|{{ evidence }}|{{ schema }}"
        );
        Assert.Equal(
            "shop|Who bought?|bought means in sale|buyer: id, name\nsale: id, buyer, unit price\n",
            Asked(Open(plan), 0)
        );
        InputException wrong = Assert.Throws<InputException>(() =>
            Asked(Open(plan with { Template = "{{ tables }}" }), 1)
        );
        Assert.Contains("bird: template: question 1", wrong.Message);
        Assert.Contains("tables", wrong.Message);
    }

    [Fact]
    public void Questions_of_Spider_Syn_stand_in_their_own_column()
    {
        SpiderExample example = SpiderQuestions.Read(
            new()
            {
                ["db_id"] = "shop",
                ["SpiderQuestion"] = "How many singers?",
                ["SpiderSynQuestion"] = "How many vocalists?",
                ["query"] = "SELECT 1",
            },
            3
        );
        Assert.Equal(("How many vocalists?", "SELECT 1", 3), (example.Question, example.Query, example.Index));
    }

    [Theory]
    [InlineData(SpiderPromptForm.Chat, SchemaStyle.CreateTable)]
    [InlineData(SpiderPromptForm.Plain, SchemaStyle.Columns)]
    public void Training_uses_the_prompt_that_is_asked(SpiderPromptForm form, SchemaStyle style)
    {
        File.Copy(Path.Combine(folder, "dev.json"), Path.Combine(folder, "train.json"));
        SpiderPlan plan = new("bird", folder, Prompt: form, Schema: style);
        Study study = new(
            new BasePlan("base"),
            new Dictionary<string, TaskPlan> { ["bird"] = plan },
            new Dictionary<string, CandidatePlan>(),
            TrainingData: new TrainingDataPlan(Data: folder)
        );
        Corpus data = StudyCorpus.Open(study, (_, _) => (_, _, _) => throw new InvalidOperationException());

        Prompt[] asked = [.. data.Tasks[0].Items.Select(i => ((Question.Write)data.Tasks[0].Ask(i)).Prompt)];
        Assert.Equal(asked.Select(Text), data.Training.OrderBy(t => t.Id).Select(t => Text(t.Prompt)));
        Assert.Contains("Evidence: bought means in sale", Text(data.Training.MinBy(t => t.Id)!.Prompt));
    }

    private static string Text(Prompt? prompt) =>
        prompt switch
        {
            Prompt.Text text => text.Value,
            Prompt.Chat chat => string.Join("\n", chat.Messages.Select(m => $"{m.Role}: {m.Content}")),
            _ => throw new InvalidOperationException(),
        };

    private static ITask Open(SpiderPlan plan) =>
        plan.Open(
            new TaskOpening(1, null, (semantics, limits) => new SqlGrader(Data.EnumNames.Of(semantics), limits).Grade)
        );

    private static string Asked(ITask task, int item) =>
        ((Question.Write)task.Ask(task.Items[item])).Prompt switch
        {
            Prompt.Text text => text.Value,
            Prompt.Chat chat => chat.Messages[^1].Content,
            _ => throw new InvalidOperationException(),
        };

    private static Reply.Written Written(string sql) => new(sql, FinishReason.Stop, 0);

    private static void Create(string file, string sql)
    {
        Assert.Equal(SQLITE_OK, sqlite3_open(file, out sqlite3 db));
        using (db)
        {
            Assert.Equal(SQLITE_OK, sqlite3_exec(db, sql));
        }
    }
}
