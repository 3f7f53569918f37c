using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Differential;

/// <summary>Random chat templates and conversations, of the constructs that published templates use and that mean the
/// same
/// in both implementations. Values that the two print differently (true, none, lists) are printed by <c>tojson</c>.
/// </summary>
internal sealed class RandomTemplates(Random random)
{
    private static readonly string[] Words =
    [
        "user",
        "assistant",
        "system",
        "tool",
        "Hello",
        "you are",
        " a ",
        "b",
        "SELECT 1",
        "<|im_start|>",
        "ünï",
        "日本",
        "x-y",
        "  two  ",
        "\n",
        "it is\nnew",
        "",
    ];

    private readonly List<string> strings = [],
        numbers = [];

    private int depth,
        names;

    /// <summary>The next template with its variables.</summary>
    public (string Template, JsonObject Variables) Next()
    {
        (depth, names) = (0, 0);
        strings.Clear();
        numbers.Clear();
        strings.AddRange(["eos_token", "bos_token", "title"]);
        numbers.AddRange(["n", "messages|length", "labels|length"]);
        return (Body(random.Next(2, 6)), Variables());
    }

    private T Pick<T>(params T[] of) => of[random.Next(of.Length)];

    private JsonObject Variables() =>
        new()
        {
            ["messages"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (JsonNode)Message())]),
            ["add_generation_prompt"] = random.Next(2) == 0,
            ["bos_token"] = "<s>",
            ["eos_token"] = "</s>",
            ["title"] = Pick(Words),
            ["n"] = random.Next(-3, 12),
            ["labels"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (JsonNode)Pick(Words))]),
            ["map"] = new JsonObject { ["a"] = Pick(Words), ["b"] = random.Next(9) },
            ["flag"] = random.Next(2) == 0,
            ["nothing"] = null,
        };

    private JsonObject Message()
    {
        JsonObject message = new()
        {
            ["role"] = Pick("user", "assistant", "system", "tool"),
            ["content"] = Pick(Words) + Pick(Words),
        };
        if (random.Next(4) == 0)
        {
            message["name"] = Pick(Words);
        }

        return message;
    }

    private string Body(int statements)
    {
        StringBuilder body = new();
        for (int i = 0; i < statements; i++)
        {
            body.Append(Statement());
        }

        return body.ToString();
    }

    private string Statement()
    {
        depth++;
        string statement =
            depth > 4
                ? Output()
                : random.Next(10) switch
                {
                    0 or 1 => Text(),
                    2 or 3 => Output(),
                    4 => If(),
                    5 => ForMessages(),
                    6 => ForLabels(),
                    7 => Set(),
                    8 => Pick(Counted, Macro, Block)(),
                    _ => $"{{#{Pick("", "-")} {Pick("note", "two\nlines")} {Pick("", "-")}#}}",
                };
        depth--;
        return statement;
    }

    private string Text() => Pick("a", "b c", "\n", "\n\n", "  ", " x\n", "<|end|>", "\t", "it's", "{ }", "% #");

    private string Tag(string inside) => $"{{%{Pick("", "", "-")} {inside} {Pick("", "", "-")}%}}{Pick("", "", "\n")}";

    private string Output() => $"{{{{{Pick("", "", "-")} {Shown()} {Pick("", "", "-")}}}}}";

    private string Shown() =>
        random.Next(5) switch
        {
            0 => Number(2),
            1 => $"({Pick(Truth(2), "labels", "map", "nothing", "messages[0]")})|tojson",
            _ => String(3),
        };

    private string If()
    {
        string middle = random.Next(3) == 0 ? Tag($"elif {Truth(2)}") + Scoped(1) : "",
            otherwise = random.Next(2) == 0 ? Tag("else") + Scoped(1) : "";
        return Tag($"if {Truth(2)}") + Scoped(2) + middle + otherwise + Tag("endif");
    }

    // What is set within a block may not be known after it.
    private string Scoped(int statements)
    {
        (int s, int n) = (strings.Count, numbers.Count);
        string body = Body(random.Next(1, statements + 1));
        strings.RemoveRange(s, strings.Count - s);
        numbers.RemoveRange(n, numbers.Count - n);
        return body;
    }

    private string ForMessages()
    {
        string item = $"m{++names}",
            filter = random.Next(4) == 0 ? $" if {item}.role {Pick("==", "!=")} 'user'" : "";
        return Loop(
            $"for {item} in {Pick("messages", "messages[1:]", "messages[::-1]")}{filter}",
            $"{item}.content",
            $"{item}['role']"
        );
    }

    private string ForLabels()
    {
        string item = $"x{++names}";
        return random.Next(3) == 0
            ? Loop($"for {item}, v{names} in map.items()", item)
            : Loop($"for {item} in labels", item);
    }

    private string Loop(string head, params string[] values)
    {
        (int s, int n) = (strings.Count, numbers.Count);
        strings.AddRange(values);
        numbers.AddRange(["loop.index", "loop.index0", "loop.length"]);
        string body = Body(random.Next(1, 3)),
            separator = random.Next(2) == 0
                ? Tag($"if {Pick("", "not ")}loop.{Pick("first", "last")}") + Text() + Tag("endif")
                : "";
        strings.RemoveRange(s, strings.Count - s);
        numbers.RemoveRange(n, numbers.Count - n);
        return Tag(head) + body + separator + Tag("endfor");
    }

    private string Set()
    {
        string name = $"s{++names}";
        bool text = random.Next(3) > 0;
        string set = Tag($"set {name} = {(text ? String(3) : Number(2))}");
        (text ? strings : numbers).Add(name);
        return set;
    }

    private string Counted()
    {
        string name = $"ns{++names}",
            set = Tag($"set {name} = namespace(count=0, last='')"),
            loop =
                Tag("for m in messages")
                + Tag($"if m.role == '{Pick("user", "tool")}'")
                + Tag($"set {name}.count = {name}.count + {Pick("1", "loop.index")}")
                + Tag("else")
                + Tag($"set {name}.last = m.content")
                + Tag("endif")
                + Tag("endfor");
        numbers.Add($"{name}.count");
        strings.Add($"{name}.last");
        return set + loop;
    }

    private string Macro()
    {
        string name = $"f{++names}",
            body =
                Tag($"macro {name}(a, b='q')") + "{{ a" + Pick("|trim", "|upper", "") + " }}{{ b }}" + Tag("endmacro");
        strings.AddRange([$"{name}({String(1)})", $"{name}({String(1)}, b={String(1)})"]);
        return body;
    }

    private string Block()
    {
        string name = $"t{++names}",
            block = Tag($"set {name}") + Scoped(2) + Tag("endset");
        strings.Add(name);
        return block;
    }

    private string String(int left) =>
        left == 0
            ? random.Next(2) == 0
                ? Literal()
                : strings[random.Next(strings.Count)]
            : random.Next(13) switch
            {
                0 => Literal(),
                1 or 2 => strings[random.Next(strings.Count)],
                3 => $"({String(left - 1)} + {String(left - 1)})",
                4 => $"({String(left - 1)} ~ {Pick(String(left - 1), Number(1))})",
                5 => $"({String(left - 1)} if {Truth(1)} else {String(left - 1)})",
                6 => $"{String(left - 1)}|{Pick("trim", "upper", "lower", "trim|upper", "string")}",
                7 => $"({String(left - 1)}).{Pick("strip()", "lstrip()", "rstrip()", "upper()", "lower()")}",
                8 => $"({String(left - 1)})[{Pick("1:", ":2", ":-1", "1:3", ":")}]",
                9 => $"({String(left - 1)}).replace('{Pick("a", "l", "us", " ")}', '{Pick("", "_", "zz")}')",
                10 => $"({String(left - 1)}).split('{Pick("e", "l", "<", "\\n")}')[{Pick("0", "-1")}]",
                11 => Pick(
                    "labels|join(', ')",
                    "labels|first",
                    "labels|last",
                    "(labels|join('-'))",
                    "labels[0]",
                    "messages[0].content",
                    "messages[-1]['role']",
                    "map.a",
                    "map['a']"
                ),
                _ => $"({Pick("missing", "messages[0].nothing", "map.c")} | default({Literal()}))",
            };

    private string Literal() => Pick("'a'", "\"b\"", "'<|im_end|>'", "'it\\'s'", "'x\\ny'", "''", "' '", "'é'");

    private string Number(int left) =>
        left == 0 || random.Next(3) == 0
            ? random.Next(2) == 0
                ? $"{random.Next(20)}"
                : $"({numbers[random.Next(numbers.Count)]})"
            : random.Next(5) switch
            {
                0 => $"({Number(left - 1)} + {Number(left - 1)})",
                1 => $"({Number(left - 1)} - {Number(left - 1)})",
                2 => $"({Number(left - 1)} * {Number(left - 1)})",
                3 => $"({String(1)})|length",
                _ => $"({random.Next(30)} % {random.Next(1, 7)})",
            };

    private string Truth(int left) =>
        left == 0
            ? Pick(
                "flag",
                "add_generation_prompt",
                "true",
                "false",
                "nothing is none",
                "nothing is not none",
                "missing is defined",
                "n is defined",
                "title is string"
            )
            : random.Next(11) switch
            {
                0 => $"({Truth(left - 1)} and {Truth(left - 1)})",
                1 => $"({Truth(left - 1)} or {Truth(left - 1)})",
                2 => $"(not {Truth(left - 1)})",
                3 => $"{String(1)} {Pick("==", "!=")} {String(1)}",
                4 => $"{Number(1)} {Pick("==", "!=", "<", ">", "<=", ">=")} {Number(1)}",
                5 => $"{Literal()} {Pick("in", "not in")} ({String(1)})",
                6 => $"{String(0)} {Pick("in", "not in")} ['user', 'a', title]",
                7 => $"({String(1)}).{Pick("startswith", "endswith")}({Literal()})",
                8 => $"'{Pick("name", "role", "b")}' {Pick("in", "not in")} {Pick("messages[0]", "map")}",
                // A mapping is iterable in Python, and is not in the other engine.
                9 =>
                    $"{Pick("labels", "messages", "title", "n")} is {Pick("", "not ")}{Pick("iterable", "mapping", "string", "number")}",
                _ => Truth(0),
            };
}
