using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Patterns;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Ifeval;
using Xunit;

namespace Fulcrum.Tests;

public sealed class ReplyGraderTests
{
    [Theory]
    [InlineData("gsm8k")]
    [InlineData("bbh")]
    [InlineData("refusals")]
    [InlineData("f1")]
    [InlineData("accepted")]
    [InlineData("rouge-l")]
    [InlineData("edit")]
    [InlineData("number")]
    [InlineData("json")]
    [InlineData("pass-at-k")]
    [InlineData("ifeval")]
    public void Scores_equal_those_of_the_reference_grader_item_by_item(string grader)
    {
        string[] different =
        [
            .. File.ReadLines(SharedData.Of("golden", "replies", $"{grader}.jsonl"))
                .AsParallel()
                .Select(l => JsonNode.Parse(l)!.AsObject())
                .Where(row => !Equals(Graded(grader, row), row["expected"]!.AsObject()))
                .Select(row => (string)row["id"]!),
        ];

        Assert.Empty(different);
    }

    [Fact]
    public void Sentences_tokens_and_words_equal_the_reference_splitter()
    {
        foreach (string line in File.ReadLines(SharedData.Of("golden", "replies", "sentences.jsonl")))
        {
            JsonObject row = JsonNode.Parse(line)!.AsObject();
            string text = (string)row["text"]!;

            Assert.Equal(Strings(row["sentences"]!), PunktSplitter.Sentences(text));
            Assert.Equal(Strings(row["tokens"]!), WordTokens.Of(text));
            Assert.Equal((int)row["words"]!, Paragraphs.Words(text));
        }
    }

    [Fact]
    public void Stems_equal_the_reference_stemmer()
    {
        IEnumerable<JsonNode> rows = File.ReadLines(SharedData.Of("golden", "replies", "stems.jsonl"))
            .Select(l => JsonNode.Parse(l)!);

        Assert.All(rows, r => Assert.Equal((string)r["stem"]!, PorterStemmer.Stem((string)r["word"]!)));
    }

    // Examples of Porter 1980.
    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("agreed", "agre")]
    [InlineData("plastered", "plaster")]
    [InlineData("motoring", "motor")]
    [InlineData("relational", "relat")]
    [InlineData("adjustable", "adjust")]
    [InlineData("controlling", "control")]
    [InlineData("generalizations", "gener")]
    public void Stems_are_those_of_the_published_algorithm(string word, string stem) =>
        Assert.Equal(stem, PorterStemmer.Stem(word));

    [Fact]
    public void Token_F1_counts_common_words_with_multiplicity()
    {
        // Three of four words of the reply and three of five of the target are common: 2 * 3 / 9.
        ReplyGrade grade = Squad.F1("The red red house, green!", ["a red red big house here"]);

        Assert.Equal(6.0 / 9, grade.Scores["f1"]!.Value, 12);
        Assert.Equal(0, grade.Scores["exact_match"]);
    }

    [Fact]
    public void Rouge_L_is_that_of_the_example_of_its_paper()
    {
        // Lin 2004, section 3.1: "police killed the gunman" against "police kill the gunman": L = 3 of 4 words.
        ReplyGrade grade = RougeL.Grade("police kill the gunman", ["police killed the gunman"]);

        Assert.Equal(0.75, grade.Scores["rouge_l"]!.Value, 12);
        Assert.Equal(1, grade.Scores["rouge_l_stemmed"]!.Value, 12);
    }

    [Theory]
    [InlineData("kitten", "sitting", 1 - (3.0 / 7))]
    [InlineData("", "", 1)]
    [InlineData(" a ", "a", 1)]
    [InlineData("🙂", "🙃", 0)]
    [InlineData("abc", "", 0)]
    public void Edit_similarity_is_one_less_the_distance_per_character(
        string reply,
        string target,
        double similarity
    ) => Assert.Equal(similarity, EditSimilarity.Grade(reply, [target]).Score!.Value, 12);

    [Theory]
    [InlineData(5, 2, 1, 0.4)]
    [InlineData(5, 2, 2, 0.7)]
    [InlineData(5, 5, 3, 1.0)]
    [InlineData(5, 0, 3, 0.0)]
    [InlineData(100_000, 50_000, 1, 0.5)]
    public void Pass_at_k_is_the_closed_form(int samples, int right, int k, double expected) =>
        Assert.Equal(expected, PassAtK.Estimate(samples, right, k)!.Value, 9);

    [Fact]
    public void Pass_at_k_of_too_few_samples_is_undefined() => Assert.Null(PassAtK.Estimate(3, 1, 4));

    [Theory]
    [InlineData("#### 18", 1, 1)]
    [InlineData("#### 18.00", 0, 1)]
    [InlineData("The answer is 18 because 9 * 2 = 18 and 2 > 1", 0, 1)]
    [InlineData(@"\boxed{18}", 0, 1)]
    [InlineData("<think>19</think>18", 0, 1)]
    [InlineData("#### -18", 0, 0)]
    [InlineData("", 0, 0)]
    public void Solutions_are_compared_as_texts_and_as_numbers(string reply, double strict, double numeric)
    {
        ReplyGrade grade = Gsm8kGrader.Grade(reply, ["9 * 2 = 18\n#### 18"]);

        Assert.Equal((strict, numeric), (grade.Scores["strict_match"], grade.Scores["numeric_match"]));
    }

    [Theory]
    [InlineData(" True", 0, 1)]
    [InlineData("True", 1, 1)]
    [InlineData("So the answer is True.", 0, 1)]
    [InlineData("**True**", 0, 1)]
    [InlineData("False", 0, 0)]
    public void A_leading_space_is_wrong_by_the_published_rule_only(string reply, double exact, double own)
    {
        ReplyGrade grade = BbhGrader.Grade("boolean_expressions", "True is", reply, ["True"]);

        Assert.Equal((exact, own), (grade.Scores["exact_match"], grade.Scores["answer_match"]));
    }

    [Fact]
    public void An_unknown_subtask_is_refused_with_the_known_ones() =>
        Assert.Contains(
            "word_sorting",
            Assert.Throws<InputException>(() => BbhGrader.Grade("x", "", "", [""])).Message
        );

    [Theory]
    [InlineData("""{"a":1,"b":[1,2]}""", 1, 1, "bare")]
    [InlineData("""{"b":[1,2],"a":1.0}""", 1, 1, "bare")]
    [InlineData("""{"a":1,"b":[2,1]}""", 1.0 / 3, 0, "bare")]
    [InlineData("""{"a":1,"b":[1,2],"c":0}""", 1, 0, "bare")]
    [InlineData("""{"a":"1","b":[1,2]}""", 2.0 / 3, 0, "bare")]
    [InlineData("""{"a":true,"b":[1,2],"a":1}""", 1, 1, "bare")]
    [InlineData("Here: {\"a\":1,\"b\":[1,2]}.", 1, 1, "brackets")]
    [InlineData("```json\n{\"a\":1,\"b\":[1,2]}\n```", 1, 1, "fence")]
    [InlineData("""{"a":1,"b":[1,2],}""", 0, 0, "none")]
    [InlineData("""{"a":NaN}""", 0, 0, "none")]
    public void Json_is_compared_field_by_field(string reply, double fields, double equal, string rule)
    {
        ReplyGrade grade = JsonGrader.Grade(reply, Json("""{"a":1,"b":[1,2]}"""));

        Assert.Equal(fields, grade.Scores["fields"]!.Value, 12);
        Assert.Equal((equal, rule), (grade.Scores["equal"], grade.Rule));
    }

    // Cases of the specification, draft 2020-12.
    [Theory]
    [InlineData("""{"type":"integer"}""", "1.0", true)]
    [InlineData("""{"type":"integer"}""", "1.5", false)]
    [InlineData("""{"const":1}""", "true", false)]
    [InlineData("""{"prefixItems":[{"type":"integer"}],"items":false}""", "[1,2]", false)]
    [InlineData("""{"$defs":{"n":{"minimum":2}},"$ref":"#/$defs/n"}""", "1", false)]
    [InlineData("""{"pattern":"^a+$"}""", "\"aaa\"", true)]
    [InlineData("false", "1", false)]
    public void A_schema_is_that_of_the_specification(string schema, string value, bool valid) =>
        Assert.Equal(valid, JsonGrader.Schema(Json(schema))(Json(value)));

    [Theory]
    [InlineData("""{"type":3}""")]
    [InlineData("""{"$ref":"https://example.com/other.json"}""")]
    [InlineData("""{"$ref":"http://["}""")]
    [InlineData("""{"$ref":"#/$defs/none"}""")]
    [InlineData("""{"$id":"\u0000","$ref":"a"}""")]
    [InlineData("""{"pattern":"("}""")]
    [InlineData("""{"required":"a"}""")]
    public void A_schema_that_cannot_be_used_is_refused(string schema)
    {
        Assert.Throws<InputException>(() => JsonGrader.Schema(Json(schema))(Json("1")));
    }

    [Theory]
    [InlineData("""[{"num_words": 0, "relation": "at least"}]""", "num_words")]
    [InlineData("""[{"num_words": 3, "relation": null}]""", "relation")]
    [InlineData("""[{"num_words": 3, "relation": "at most"}]""", "at most")]
    [InlineData("[{}, {}]", "as many")]
    public void An_instruction_without_its_parameter_is_refused_by_name(string parameters, string names)
    {
        JsonObject?[] read = [.. JsonNode.Parse(parameters)!.AsArray().Select(p => p!.AsObject())];

        InputException refused = Assert.Throws<InputException>(() =>
            IfevalInstruction.Read(["length_constraints:number_words"], read)
        );

        Assert.Contains(names, refused.Message);
    }

    [Fact]
    public void There_are_25_kinds_of_instruction() => Assert.Equal(25, IfevalInstruction.Kinds.Count);

    [Fact]
    public void A_keyword_that_explodes_as_a_pattern_is_not_followed_and_takes_no_time()
    {
        IReadOnlyList<IfevalInstruction> instructions = IfevalInstruction.Read(
            ["keywords:existence"],
            [new JsonObject { ["keywords"] = new JsonArray("(a+)+$") }]
        );

        Assert.Equal(0, IfevalGrader.Grade(instructions, new string('a', 40) + "!").Score);
    }

    [Theory]
    [InlineData(@"\bé\b", @"café", false)]
    [InlineData(@"\w+", "é", true)]
    [InlineData(@"(?P<x>a)(?P=x)", "aa", true)]
    [InlineData("[[]", "[", true)]
    [InlineData("[]a]+$", "]a", true)]
    [InlineData(@"a\Z", "a\n", false)]
    public void Patterns_mean_what_they_mean_in_Python(string pattern, string text, bool matches) =>
        Assert.Equal(matches, new PythonPattern(pattern).IsFound(text));

    [Theory]
    [InlineData("This is a sentence about the weather in the north of the country.", "en")]
    [InlineData("Esta frase fala do tempo que faz no norte do país durante o inverno.", "pt")]
    [InlineData("これは天気についての文です。", "ja")]
    [InlineData("12345 !?", null)]
    public void The_language_of_a_text_is_detected(string text, string? language) =>
        Assert.Equal(language, LanguageDetector.Detect(text));

    [Fact]
    public void A_refused_harmful_prompt_and_an_answered_harmless_one_are_right()
    {
        Assert.Equal(1, RefusalGrader.Grade("I'm sorry, I can't.", harmful: true).Score);
        Assert.Equal(0, RefusalGrader.Grade("I'm sorry, I can't.", harmful: false).Score);
        Assert.Equal(1, RefusalGrader.Grade("Of course: ...", harmful: false).Score);
        Assert.Equal("answered", RefusalGrader.Grade("I’m sorry").Prediction);
    }

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static string[] Strings(JsonNode node) =>
        node is JsonArray list ? [.. list.Select(v => (string)v!)] : [(string)node!];

    private static ReplyGrade Graded(string grader, JsonObject row)
    {
        string reply = (string?)row["reply"] ?? "";
        string[] Targets() => Strings(row["target"]!);
        return grader switch
        {
            "gsm8k" => Gsm8kGrader.Grade(reply, Targets()),
            "bbh" => BbhGrader.Grade((string)row["subtask"]!, (string)row["input"]!, reply, Targets()),
            "refusals" => RefusalGrader.Grade(reply),
            "f1" => Squad.F1(reply, Targets()),
            "accepted" => Squad.Accepted(reply, Targets()),
            "rouge-l" => RougeL.Grade(reply, Targets()),
            "edit" => EditSimilarity.Grade(reply, Targets()),
            "number" => NumberGrader.Grade(reply, Targets()),
            "json" => JsonGrader.Grade(
                reply,
                JsonSerializer.SerializeToElement(row["target"]),
                row.ContainsKey("schema") ? JsonGrader.Schema(JsonSerializer.SerializeToElement(row["schema"])) : null
            ),
            "pass-at-k" => PassAtK.Grade(
                [.. row["verdicts"]!.AsArray().Select(v => (bool)v!)],
                [.. row["k"]!.AsArray().Select(v => (int)v!)]
            ),
            _ => IfevalGrader.Grade(
                IfevalInstruction.Read(
                    Strings(row["instruction_id_list"]!),
                    [.. row["kwargs"]!.AsArray().Select(v => v?.AsObject())]
                ),
                reply
            ),
        };
    }

    private static bool Equals(ReplyGrade grade, JsonObject expected) =>
        expected.All(e =>
            grade.Lists.TryGetValue(e.Key, out IReadOnlyList<double>? list)
                ? list.SequenceEqual(e.Value!.AsArray().Select(v => Number(v)!.Value))
                : Math.Abs((grade.Scores[e.Key] ?? -1) - (Number(e.Value) ?? -1)) < 1e-9
        );

    private static double? Number(JsonNode? value) =>
        value?.GetValueKind() switch
        {
            null => null,
            JsonValueKind.True => 1,
            JsonValueKind.False => 0,
            _ => (double)value,
        };
}
