#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/io/atomic_file.hpp>

using namespace transst;
using support::TempFolder;

TEST_CASE("a file appears when it is committed, and not before") {
    const TempFolder folder;
    folder.put("out.txt", "old");
    {
        AtomicFile file(folder.path / "out.txt");
        file.write("ne");
        file.write("w");
        CHECK(folder.get("out.txt") == "old");
        file.commit();
        CHECK(folder.get("out.txt") == "new");
    }
    CHECK(folder.get("out.txt") == "new");
    CHECK(folder.files() == 1);
}

TEST_CASE("a file that is not committed leaves no trace") {
    const TempFolder folder;
    folder.put("out.txt", "old");
    { AtomicFile(folder.path / "out.txt").write("new"); }
    CHECK(folder.get("out.txt") == "old");
    CHECK(folder.files() == 1);
}

TEST_CASE("a file that cannot be written says why") {
    const TempFolder folder;
    CHECK(support::error_of(folder, [&] { write_file(folder.path / "no/out.txt", "x"); }) ==
          "no/out.txt: cannot be written: No such file or directory");
    std::filesystem::create_directory(folder.path / "dir");
    CHECK(support::error_of(folder, [&] { write_file(folder.path / "dir", "x"); }) ==
          "dir: cannot be written, it is not a regular file");
    CHECK(folder.files() == 1);
}

TEST_CASE("what is under construction can be removed by a program that is about to end") {
    const TempFolder folder;
    folder.put("one.txt", "old");
    {
        AtomicFile one(folder.path / "one.txt"), two(folder.path / "two.txt");
        AtomicFile moved = std::move(two);
        AtomicFile done(folder.path / "done.txt");
        done.commit();
        CHECK(folder.files() == 4);
        remove_unfinished_files();
        CHECK(folder.files() == 2);
        CHECK(folder.get("one.txt") == "old");
        remove_unfinished_files();
    }
    CHECK(folder.files() == 2);
    // places in the list are given back
    for (int i = 0; i < 100; ++i) AtomicFile(folder.path / "three.txt").write("x");
    AtomicFile last(folder.path / "three.txt");
    CHECK(folder.files() == 3);
    remove_unfinished_files();
    CHECK(folder.files() == 2);
}
